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

/** `--rounds N`, or the default. */
export function roundsFromArguments(fallback: number): number {
  const index = process.argv.indexOf('--rounds');
  return index === -1 ? fallback : Math.max(1, Number(process.argv[index + 1]));
}
