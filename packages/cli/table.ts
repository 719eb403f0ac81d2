/** A plain table: columns padded to their widest cell, two spaces between them, no frame. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))));
  return all.map((row) => renderRow(row, widths)).join('\n');
}

/** `label  value` lines with the values below each other. */
export function renderPairs(pairs: readonly (readonly [label: string, value: string])[], indent = ''): string {
  const widest = Math.max(...pairs.map(([label]) => width(label)));
  return pairs
    .map(([label, value]) => {
      const [first = '', ...rest] = value.split('\n');
      const margin = `${indent}${' '.repeat(widest)}  `;
      return [`${indent}${pad(label, widest)}  ${first}`, ...rest.map((line) => margin + line)].join('\n');
    })
    .join('\n');
}

function renderRow(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => (column === widths.length - 1 ? cell : pad(cell, widths[column] ?? 0)))
    .join('  ')
    .trimEnd();
}

function pad(text: string, target: number): string {
  return text + ' '.repeat(Math.max(0, target - width(text)));
}

/** Columns a terminal uses for it: Chinese, Japanese and Korean characters take two (Unicode Annex #11). */
function width(text: string): number {
  let columns = 0;
  for (const character of text)
    columns += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
      character,
    )
      ? 2
      : 1;
  return columns;
}

export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** In MiB or GiB, as memory is sold and limited. */
export function formatBytes(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  return mebibytes < 1024 ? `${Math.round(mebibytes)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}
