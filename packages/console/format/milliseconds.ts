/** `340 ms`, `1.74 s`, `74 s`: three figures are as exact as a measurement of a busy machine is. `locale` is a BCP 47 tag. */
export function formatMilliseconds(ms: number, locale: string): string {
  const format = (value: number) => new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 }).format(value);
  // 999.5 would be rounded to "1,000 ms".
  return ms < 999.5 ? `${format(ms)} ms` : `${format(ms / 1000)} s`;
}
