import { type Checkpoint, tenantName } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { groupByTenant, nameForCopy } from './checkpoint-groups.ts';

const checkpoint = (id: string, tenantId: string, parts: Partial<Checkpoint> = {}): Checkpoint => ({
  id,
  tenantId,
  tenantName: `agent-${tenantId}`,
  orphan: false,
  cause: 'turn',
  backup: false,
  pinned: false,
  note: '',
  image: 'openclaw-2026.6.35',
  createdAt: '2026-03-10T12:00:00.000Z',
  expiresAt: null,
  files: 1,
  bytes: 1,
  storedBytes: 1,
  skipped: 0,
  tookMs: 1,
  root: 'a'.repeat(64),
  ...parts,
});

describe('checkpoints by tenant', () => {
  it('keep the order of the list and name the newest of each', () => {
    const groups = groupByTenant([
      checkpoint('c4', 'ryan'),
      checkpoint('c3', 'carol', { orphan: true }),
      checkpoint('c2', 'ryan'),
      checkpoint('c1', 'carol', { orphan: true }),
    ]);
    expect(groups.map(({ tenantId, newest, orphan }) => [tenantId, newest.id, orphan])).toEqual([
      ['ryan', 'c4', false],
      ['carol', 'c3', true],
    ]);
  });
});

describe('the name of a copy', () => {
  it.each([
    ['carol', true, 'carol'],
    ['carol', false, 'carol-copy'],
    ['a'.repeat(32), false, `${'a'.repeat(27)}-copy`],
    ['Carol Zhang', false, 'carol-zhang-copy'],
    ['小明', true, 'restored'],
    [`${'a'.repeat(26)}-b`, false, `${'a'.repeat(26)}-copy`],
  ])('of %s (deleted: %s) is %s, which a tenant may have', (name, orphan, expected) => {
    expect(nameForCopy({ tenantName: name, orphan })).toBe(expected);
    expect(tenantName.safeParse(expected).success).toBe(true);
  });
});
