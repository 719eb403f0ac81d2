/** The value below which `share` of the sorted samples lie (nearest rank). */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export interface Row {
  name: string;
  /** Milliseconds. */
  samples: readonly number[];
}

/**
 * One table: p50, p95 and p99 of every row, and what its p50 and p99 are to the reference's p50; the reference is the row of that name.
 * With fewer than 100 samples the p99 is the worst.
 */
export function printTable(title: string, rows: readonly Row[], reference: string): void {
  const base = percentile(rows.find(({ name }) => name === reference)?.samples ?? [], 0.5);
  console.log(`\n${title}\n`);
  console.log(`| what | n | p50 ms | p95 ms | p99 ms | p50 to ${reference} | p99 to it |`);
  console.log('|---|---:|---:|---:|---:|---:|---:|');
  for (const { name, samples } of rows) {
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(samples, share)) as [number, number, number];
    const numbers = [p50, p95, p99].map((value) => value.toFixed(1)).join(' | ');
    console.log(
      `| ${name} | ${samples.length} | ${numbers} | ${(p50 / base).toFixed(2)} | ${(p99 / base).toFixed(2)} |`,
    );
  }
}

export interface Target {
  /** What is measured, for example `p99 at 500 a second, ms`. */
  name: string;
  measured: number;
  /** At most. */
  target: number;
}

/**
 * Says of every target whether this run was within it. With `--check` the process ends with 1 when one was not, or was not measured: ratios
 * mean something on any machine, milliseconds only on a quiet one.
 */
export function judge(targets: readonly Target[]): void {
  console.log('\n| target | at most | measured | verdict |');
  console.log('|---|---:|---:|---|');
  let over = 0;
  for (const { name, measured, target } of targets) {
    const within = measured <= target;
    if (!within) over++;
    console.log(`| ${name} | ${target} | ${measured.toFixed(measured < 10 ? 2 : 1)} | ${within ? 'within' : 'over'} |`);
  }
  if (over > 0 && process.argv.includes('--check')) process.exitCode = 1;
}

/** `--rounds N`, or the default. */
export function roundsFromArguments(fallback: number): number {
  const index = process.argv.indexOf('--rounds');
  return index === -1 ? fallback : Math.max(1, Number(process.argv[index + 1]));
}
