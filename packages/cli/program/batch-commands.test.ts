import { batchBody } from '@clawpool/contracts';
import { expect, test } from 'vitest';
import { batchOperation } from './batch-commands.ts';

test.each([
  ['rebuild', { image: 'openclaw-2026.3.24', skipBackup: true }, { image: 'openclaw-2026.3.24', skipBackup: true }],
  ['backup', { note: 'before the move', pin: true }, { note: 'before the move', pinned: true }],
  ['delete', { keepData: false, skipBackup: true }, { keepData: false, skipBackup: true }],
  ['stop', { keepData: true }, {}],
])('a batch of %s is asked for as it is meant', (kind, flags, said) => {
  const operation = batchOperation(kind, flags);
  expect(operation).toEqual({ kind, ...said });
  expect(batchBody.parse({ operation, ids: ['ann'] }).operation).toMatchObject(said);
});

test.each([
  ['nonsense', {}],
  ['stop', { image: 'openclaw-2026.3.24' }],
  ['backup', { keepData: false }],
  ['rebuild', { note: 'why' }],
])('a batch of %s with %j is refused instead of done differently', (kind, flags) => {
  expect(() => batchOperation(kind, flags)).toThrow();
});
