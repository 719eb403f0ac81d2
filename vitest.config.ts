import { defineConfig } from 'vitest/config';

/** What has to come true takes its time on a busy machine; by itself vitest waits for a second. */
const poll = { timeout: 15_000 };

/**
 * Three kinds of tests, one after the other, the quick ones first:
 * - unit: beside the code. Four files at a time: many wait for processes or a database more than they compute, and by itself vitest
 *   would take one on a machine with two cores.
 * - integration: whole installations with real PostgreSQL and real OpenClaw processes. Three files at a time: each starts
 *   processes of its own, but half of their time they wait; the smallest machine this has to pass on has two cores.
 * - browser: whole installations and real browsers. Two files at a time.
 */
export default defineConfig({
  test: {
    passWithNoTests: false,
    allowOnly: false,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/**/*.test.{ts,tsx}'],
          globalSetup: ['packages/server/store/testing-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 4,
          expect: { poll },
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          maxWorkers: 3,
          expect: { poll },
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
          expect: { poll },
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
