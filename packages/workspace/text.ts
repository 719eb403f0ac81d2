/**
 * Text that people below a layer, or an identity provider, may choose (names, titles, layer texts) is data: it must not be
 * able to look like a section that somebody else wrote.
 */

/** One line of plain text: control and invisible characters and line breaks go, spaces collapse, at most `limit` characters. */
export function oneLine(text: string, limit = 200): string {
  const flat = withoutInvisible(text).replace(/\s+/gu, ' ').trim();
  return flat.length <= limit ? flat : `${cutAt(flat, limit - 1)}…`;
}

/**
 * Markdown of a layer, made safe to stand under that layer's own heading: its headings sink to `lowest` or deeper, headings
 * that name a reserved title say from which layer they come, underlined headings are escaped, and a code block that is left
 * open is closed. Wording stays as it is.
 */
export function layerText(text: string, layer: string, reserved: readonly string[], lowest = 4): string {
  const titles = new Set(reserved.map(titleKey));
  const lines = withoutInvisible(text)
    .trim()
    .split('\n')
    .map((line) => line.trimEnd());
  const safe = lines.map((line, index) => neutralLine(line, lines[index - 1] ?? '', layer, titles, lowest));
  return closeCodeBlock(safe).join('\n');
}

/** Cuts whole lines from the end until `text` is at most `limit` characters long, and says how many are left out. */
export function cutLines(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const lines = text.split('\n');
  const room = limit - cutNote(lines.length).length - 1;
  let kept = 0;
  let length = 0;
  for (const line of lines) {
    if (length + line.length + 1 > room) break;
    length += line.length + 1;
    kept += 1;
  }
  const rest = closeCodeBlock(lines.slice(0, kept)).join('\n').trimEnd();
  return `${rest}${rest === '' ? '' : '\n'}${cutNote(lines.length - kept)}`.slice(0, Math.max(limit, 0));
}

function cutNote(lines: number): string {
  return `(${lines} more line${lines === 1 ? '' : 's'} left out: the text is longer than an agent can be given)`;
}

const heading = /^[\s>]*(#{1,6})(?=\s|$)\s*(.*?)[\s#]*$/u;
// Only = or - directly under a line of text makes that line a heading; <h1> is one too.
const underline = /^([\s>]*)([=-]+)$/u;
const htmlHeading = /<\/?h[1-6]\b[^>]*>/giu;

function neutralLine(
  line: string,
  before: string,
  layer: string,
  reserved: ReadonlySet<string>,
  lowest: number,
): string {
  const plain = line.replace(htmlHeading, '');
  const match = heading.exec(plain);
  if (match) {
    const [, marks = '', title = ''] = match;
    const level = Math.min(6, marks.length + lowest - 1);
    return `${'#'.repeat(level)} ${startsReserved(title, reserved) ? `From the ${layer} text: ` : ''}${title}`.trimEnd();
  }
  if (before.trim() !== '') {
    const marks = underline.exec(plain);
    if (marks) return `${marks[1] ?? ''}\\${marks[2] ?? ''}`;
  }
  // A bold or plain line that reads exactly like a section's title.
  return reserved.has(titleKey(plain)) ? `From the ${layer} text: ${plain.trim()}` : plain;
}

function startsReserved(title: string, reserved: ReadonlySet<string>): boolean {
  const key = titleKey(title);
  return [...reserved].some((one) => key === one || key.startsWith(`${one} `));
}

/** Letters and digits only, lower case, compatibility forms folded: what a reader takes the title for. */
function titleKey(title: string): string {
  return title
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

function closeCodeBlock(lines: readonly string[]): string[] {
  let open: string | null = null;
  for (const line of lines) {
    const fence = /^\s{0,3}(`{3,}|~{3,})/u.exec(line)?.[1];
    if (fence === undefined) continue;
    if (open === null) open = fence;
    else if (fence[0] === open[0] && fence.length >= open.length) open = null;
  }
  return open === null ? [...lines] : [...lines, open];
}

/** One kind of line break; no control characters, bidirectional overrides, zero-width characters or lone surrogates. */
function withoutInvisible(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?|[\u0085\u2028\u2029]/gu, '\n')
    .replace(/\t/gu, '  ')
    .replace(/(?![\n\u200d])[\p{Cc}\p{Cf}]/gu, ''); // U+200D joins emoji
}

function cutAt(text: string, limit: number): string {
  return text
    .slice(0, limit)
    .toWellFormed()
    .replace(/\ufffd$/u, '')
    .trimEnd();
}
