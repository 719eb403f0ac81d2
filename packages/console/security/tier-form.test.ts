import type { Tier, TierInput } from '@clawpool/contracts';
import { expect, test } from 'vitest';
import { changedOf, formOf, inputOf, problemsOf, rebased } from './tier-form.ts';

const base: TierInput = {
  ...{ name: 'Standard', description: '', driver: null, image: null, model: null },
  ...{ cpus: 1, memoryMegabytes: 1024, diskMegabytes: 1024, pids: 128 },
  ...{ idleMinutes: 15, alwaysOn: false, fastPath: false, heartbeatMinutes: 30 },
  ...{ toolsCeiling: ['file'], egressHosts: ['a.example'] },
};

test('a form that nobody touched changes nothing', () => {
  expect(changedOf(base, inputOf(formOf(base), base))).toEqual({});
});

test('what was typed is sent, and nothing else; a host once', () => {
  const form = { ...formOf(base), model: 'main/small', hosts: 'A.example, b.example\nb.example' };
  const typed = { ...form, numbers: { ...form.numbers, cpus: '0,5' } };
  expect(changedOf(base, inputOf(typed, base))).toEqual({
    cpus: 0.5,
    model: 'main/small',
    egressHosts: ['a.example', 'b.example'],
  });
});

test('what cannot be sent is named by field', () => {
  const form = { ...formOf(base), name: ' ', hosts: 'a.example\nhttps://b.example' };
  expect(problemsOf({ ...form, numbers: { ...form.numbers, pids: '1' } }, null)).toEqual([
    { field: 'name', kind: 'missing' },
    { field: 'pids', kind: 'number' },
    { field: 'hosts', kind: 'shape', host: 'https://b.example' },
  ]);
});

test('whoever may not loosen bounds gives no more than there is, and any less', () => {
  const more = { ...formOf(base), hosts: 'a.example\nb.example' };
  expect(problemsOf({ ...more, numbers: { ...more.numbers, memoryMegabytes: '2048' } }, base)).toEqual([
    { field: 'memoryMegabytes', kind: 'number' },
    { field: 'hosts', kind: 'added', host: 'b.example' },
  ]);
  const less = { ...formOf(base), hosts: '' };
  expect(problemsOf({ ...less, numbers: { ...less.numbers, memoryMegabytes: '512' } }, base)).toEqual([]);
});

test('one’s own change goes on top of somebody else’s, which stays', () => {
  const theirs = { ...base, id: 'standard', version: 2, idleMinutes: 60, cpus: 4 } as Tier;
  const form = rebased({ ...base, cpus: 2 }, base, theirs);
  expect(form.numbers).toMatchObject({ cpus: '2', idleMinutes: '60' });
});
