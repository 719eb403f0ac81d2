import { z } from 'zod';

/** The part of vitest's JSON report that is counted (https://vitest.dev/guide/reporters.html#json-reporter). */
const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

export interface TestCounts {
  passed: number;
  failed: number;
  /** What counts as failed though vitest itself may not say so, a line each. */
  remarks: string[];
}

/**
 * Counts what vitest reported, strictly: only a test that ran and passed is passed. Skipped and todo tests, files that
 * could not be loaded or did not finish, errors outside of tests, and a run without any test count as failed.
 * `reportText` is null when vitest left no report; `end` is null when it ended with 0, else how it ended.
 */
export function countTests(reportText: string | null, end: string | null): TestCounts {
  const files = parse(reportText);
  if (!files) return { passed: 0, failed: 1, remarks: [`vitest left no report${end ? ` (${end})` : ''}`] };
  const counts: TestCounts = { passed: 0, failed: 0, remarks: [] };
  for (const file of files) {
    for (const { status, fullName } of file.assertionResults) {
      if (status === 'passed') counts.passed += 1;
      else counts.failed += 1;
      if (status !== 'passed' && status !== 'failed')
        counts.remarks.push(`${status}: ${fullName.trim()} (${file.name})`);
    }
    if (file.status !== 'passed' && !file.assertionResults.some(({ status }) => status === 'failed')) {
      counts.failed += 1;
      counts.remarks.push(`did not finish: ${file.name} ${file.message}`.trim());
    } else if (file.assertionResults.length === 0) {
      counts.failed += 1;
      counts.remarks.push(`no test in ${file.name}`);
    }
  }
  if (files.length === 0) {
    counts.failed += 1;
    counts.remarks.push('no test ran');
  } else if (end && counts.failed === 0) {
    counts.failed += 1;
    counts.remarks.push(`vitest ${end}: an error outside of the tests`);
  }
  return counts;
}

function parse(reportText: string | null): z.infer<typeof report>['testResults'] | null {
  try {
    return reportText === null ? null : report.parse(JSON.parse(reportText)).testResults;
  } catch {
    return null;
  }
}
