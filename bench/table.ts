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

/** One table: p50 and p95 of every row, and the ratio of its p50 to the reference's, which is the row of that name. */
export function printTable(title: string, rows: readonly Row[], reference: string): void {
  const base = percentile(rows.find(({ name }) => name === reference)?.samples ?? [], 0.5);
  console.log(`\n${title}\n`);
  console.log(`| what | n | p50 ms | p95 ms | p50 to ${reference} |`);
  console.log('|---|---:|---:|---:|---:|');
  for (const { name, samples } of rows) {
    const [p50, p95] = [percentile(samples, 0.5), percentile(samples, 0.95)];
    console.log(`| ${name} | ${samples.length} | ${p50.toFixed(1)} | ${p95.toFixed(1)} | ${(p50 / base).toFixed(2)} |`);
  }
}

/** `--rounds N`, or the default. */
export function roundsFromArguments(fallback: number): number {
  const index = process.argv.indexOf('--rounds');
  return index === -1 ? fallback : Math.max(1, Number(process.argv[index + 1]));
}
