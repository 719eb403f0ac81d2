import { describe, expect, it } from 'vitest';
import { countTests } from './vitest-report.ts';

const file = (statuses: string[], status = 'passed', message = '') => ({
  name: '/x/some.test.ts',
  status,
  message,
  assertionResults: statuses.map((one) => ({ fullName: `a ${one} test`, status: one })),
});
const report = (...testResults: object[]) => JSON.stringify({ testResults });

describe('counting tests', () => {
  it('counts passed and failed tests over all files', () => {
    const text = report(file(['passed', 'passed']), file(['passed', 'failed'], 'failed'));
    expect(countTests(text, 'ended with exit code 1')).toEqual({ passed: 3, failed: 1, remarks: [] });
  });

  it.each(['skipped', 'todo', 'pending'])('counts a test that is %s as failed, and names it', (status) => {
    const counts = countTests(report(file(['passed', status])), null);
    expect(counts).toMatchObject({ passed: 1, failed: 1 });
    expect(counts.remarks).toEqual([`${status}: a ${status} test (/x/some.test.ts)`]);
  });

  it('counts a file that could not be loaded as one failure', () => {
    const counts = countTests(report(file([], 'failed', 'Cannot find module')), 'ended with exit code 1');
    expect(counts).toEqual({ passed: 0, failed: 1, remarks: ['did not finish: /x/some.test.ts Cannot find module'] });
  });

  it('counts a file that failed after its tests had passed', () => {
    expect(countTests(report(file(['passed'], 'failed')), 'ended with exit code 1')).toMatchObject({
      passed: 1,
      failed: 1,
    });
  });

  it('counts a file without tests as a failure', () => {
    expect(countTests(report(file([])), null)).toMatchObject({ passed: 0, failed: 1 });
  });

  it('counts a run without any test as a failure', () => {
    expect(countTests(report(), null)).toEqual({ passed: 0, failed: 1, remarks: ['no test ran'] });
  });

  it('counts an error outside of the tests as a failure', () => {
    expect(countTests(report(file(['passed'])), 'ended with exit code 1')).toMatchObject({ passed: 1, failed: 1 });
  });

  it.each([null, '', '{"testResults":', '{}'])('counts a crash that left %j as a failure', (text) => {
    expect(countTests(text, 'ended by SIGKILL')).toEqual({
      passed: 0,
      failed: 1,
      remarks: ['vitest left no report (ended by SIGKILL)'],
    });
  });
});
