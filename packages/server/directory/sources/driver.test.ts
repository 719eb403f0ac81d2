import { expect, test } from 'vitest';
import { refuseEndless } from './driver.ts';

test('a directory that goes on and on is not read to its end', () => {
  refuseEndless({ people: 200_000, departments: 20_000, pages: 5_000 });
  for (const read of [{ people: 200_001 }, { departments: 20_001 }, { pages: 5_001 }]) {
    expect(() => refuseEndless(read)).toThrow(/The directory has no end/u);
  }
});
