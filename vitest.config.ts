import { defineConfig } from 'vitest/config';

/**
 * Three kinds of tests, one after the other, the quick ones first:
 * - unit: beside the code. Four files at a time: many wait for processes or a database more than they compute, and by itself vitest
 *   would take one on a machine with two cores.
 * - integration: whole installations with real PostgreSQL and real OpenClaw processes. Two files at a time: each starts
 *   processes of its own, and the smallest machine this has to pass on has two cores.
 * - browser: whole installations and real browsers. Two files at a time: much of their time is waiting for each other.
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
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          maxWorkers: 2,
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
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
