import type { Permission, Role } from '@clawpool/contracts';
import { describe, expect, test } from 'vitest';
import { agentsOf, countWords, layerKey, rightsOn, type Standing } from './layer.ts';

const global = { scope: 'global', ownerId: '' } as const;
const position = { scope: 'position', ownerId: 'engineer' } as const;
const personal = { scope: 'personal', ownerId: 'ed' } as const;
const owner = { name: '', departmentId: 'backend' };

const somebody = (roles: Role[], permissions: Permission[] = []) => ({ roles, permissions });
const standing = (changes: Partial<Standing> = {}): Standing => ({
  ...{ sees: [], leads: [], employeeId: 'somebody', positionId: 'other' },
  ...changes,
});
const manager = { sees: ['engineering', 'backend'], leads: ['engineering', 'backend'] };

describe('rights', () => {
  test.each([
    ['an admin with the permission', somebody(['admin'], ['policy']), { read: true, edit: true, propose: true }],
    ['an admin without it', somebody(['admin']), { read: true, edit: false, propose: true }],
    ['a manager', somebody(['manager']), { read: true, edit: false, propose: true }],
    [
      'an employee to whom it was given by mistake',
      somebody(['employee'], ['policy']),
      { read: true, edit: false, propose: false },
    ],
  ])('on the global layer: %s', (_who, person, rights) => {
    expect(rightsOn(global, { name: '', departmentId: null }, person, standing())).toEqual(rights);
  });

  const all = { read: true, edit: true, propose: true };
  const onlyRead = { read: true, edit: false, propose: false };
  const nothing = { read: false, edit: false, propose: false };
  test.each([
    ['an admin', somebody(['admin']), standing({ sees: null }), all],
    ['the manager of a department above', somebody(['manager']), standing(manager), all],
    ['another department’s manager', somebody(['manager']), standing({ sees: ['sales'], leads: ['sales'] }), nothing],
    ['somebody who has the position', somebody(['employee']), standing({ positionId: 'engineer' }), onlyRead],
    ['an auditor', somebody(['auditor']), standing({ sees: null }), onlyRead],
    [
      'an auditor who manages another department',
      somebody(['auditor', 'manager']),
      standing({ sees: null, leads: ['sales'] }),
      onlyRead,
    ],
    ['an employee of another position', somebody(['employee']), standing(), nothing],
  ])('on a position’s layer: %s', (_who, person, where, rights) => {
    expect(rightsOn(position, owner, person, where)).toEqual(rights);
  });

  const edits = { read: true, edit: true, propose: false };
  test.each([
    ['its owner', somebody(['employee']), standing({ employeeId: 'ed' }), edits],
    ['an admin', somebody(['admin']), standing({ sees: null }), edits],
    ['their manager', somebody(['manager']), standing(manager), onlyRead],
    ['a colleague', somebody(['employee']), standing(), nothing],
    ['somebody without an agent of their own', somebody(['employee']), standing({ employeeId: null }), nothing],
  ])('on a personal layer: %s', (_who, person, where, rights) => {
    expect(rightsOn(personal, owner, person, where)).toEqual(rights);
  });
});

test('only the dash names the global layer, and names no other', () => {
  expect(layerKey('global', '-')).toEqual(global);
  expect(layerKey('global', 'engineer')).toBeNull();
  expect(layerKey('position', '-')).toEqual({ scope: 'position', ownerId: '-' });
});

test('the agents of a layer are everybody’s, the position’s or the person’s', () => {
  expect([global, position, personal].map(agentsOf)).toEqual([
    'all',
    { positionIds: ['engineer'] },
    { employeeIds: ['ed'] },
  ]);
});

test.each([
  ['', 0],
  ['Be brief — don’t ramble.', 4],
  ['# Stil\n\n- Kurz, über-klar', 3],
  ['请用中文回答。', 6],
  ['用 Markdown 写', 3],
])('words are counted as editors count them: %j', (text, words) => {
  expect(countWords(text)).toBe(words);
});
