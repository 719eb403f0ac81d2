import { describe, expect, test } from 'vitest';
import { patchResource } from './scim-patch.ts';

const group = (count: number) => ({
  displayName: 'Everybody',
  members: Array.from({ length: count }, (_, index) => ({ value: `m${index}` })),
});
const patch = (count: number, ...Operations: object[]) => patchResource(group(count), { Operations }, 'group');

describe('members of a group', () => {
  test('come and go by the thousand, without a look at each for each', () => {
    const value = group(10_000).members;
    const calls = Array.from({ length: 5 }, () => [
      { op: 'remove', path: 'members', value },
      { op: 'add', path: 'members', value },
    ]);
    expect(patch(20_000, ...calls.flat()).members).toHaveLength(20_000);
  });

  test('are replaced, and all taken away', () => {
    expect(patch(3, { op: 'replace', path: 'members', value: [{ value: 'x' }] }).members).toEqual([{ value: 'x' }]);
    expect(patch(3, { op: 'remove', path: 'members' }).members).toEqual([]);
    expect(patch(3, { op: 'replace', value: { displayName: 'All' } })).toEqual({ ...group(3), displayName: 'All' });
  });

  test('are not more than 20,000', () => {
    const more = { op: 'add', path: 'members', value: [{ value: 'one more' }] };
    expect(() => patch(20_000, more)).toThrow(expect.objectContaining({ status: 400, scimType: 'tooMany' }));
  });

  test('are named by their ids and by nothing else', () => {
    const odd = { op: 'remove', path: 'members[value eq "m1" or value eq "m2"]' };
    expect(() => patch(3, odd)).toThrow(expect.objectContaining({ status: 400, scimType: 'invalidPath' }));
  });
});
