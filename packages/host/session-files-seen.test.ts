import { expect, test } from 'vitest';
import { createFilesSeen } from './session-files-seen.ts';

const soul = (content: string) => ({ path: 'SOUL.md', content });
const agents = { path: 'AGENTS.md', content: 'same' };

test('a session is told what changed since its first turn, for as long as it is not what it began with', () => {
  const changed = createFilesSeen();
  expect(changed('one', [soul('a'), agents])).toEqual([]);
  expect(changed('one', [soul('b'), agents])).toEqual([soul('b')]);
  expect(changed('one', [soul('b'), agents])).toEqual([soul('b')]);
  expect(changed('two', [soul('b'), agents])).toEqual([]);
  expect(changed('one', [soul('a'), agents])).toEqual([]);
});

test('a file that was not there before is a change', () => {
  const changed = createFilesSeen();
  changed('one', [agents]);
  expect(changed('one', [agents, soul('new')])).toEqual([soul('new')]);
});
