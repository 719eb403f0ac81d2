/**
 * Text that people below a layer, or an identity provider, may choose (names, titles, layer texts) is data: it must not be
 * able to look like a section that somebody else wrote.
 */

/** What OpenClaw takes into a prompt, in characters: of one file (beyond it cuts the middle out), and of all together, MEMORY.md last. */
export const promptLimits = { file: 20_000, total: 60_000 } as const;

/** Characters of a file of ours: below OpenClaw's limit. */
export const fileLimit = 19_500;

/** One line of plain text: control and invisible characters and line breaks go, spaces collapse, at most `limit` characters. */
export function oneLine(text: string, limit = 200): string {
  const flat = withoutInvisible(text).replace(/\s+/gu, ' ').trim();
  return flat.length <= limit ? flat : `${cutAt(flat, limit - 1)}…`;
}

/**
 * Markdown of a layer, made safe to stand under that layer's own heading: its headings sink to `lowest` or deeper, headings
 * that name a reserved title say from which layer they come (`renamed` are their titles), underlined headings are escaped, HTML that would swallow
 * what follows is shown as text, and a code block that is left open is closed. Wording stays as it is.
 */
export function layerText(
  text: string,
  layer: string,
  reserved: readonly string[],
  lowest = 4,
): { text: string; renamed: string[] } {
  const titles = new Set(reserved.map(titleKey));
  const lines = withoutInvisible(text)
    .trim()
    .split('\n')
    .map((line) => line.trimEnd());
  const safe = lines.map((line, index) => neutralLine(line, lines[index - 1] ?? '', layer, titles, lowest));
  const mark = fromLayer(layer);
  const renamed = safe.flatMap((line, index) => {
    const at = line.indexOf(mark);
    return at >= 0 && !lines[index]?.includes(mark) ? [line.slice(at + mark.length)] : [];
  });
  return { text: closeCodeBlock(safe).join('\n'), renamed };
}

const fromLayer = (layer: string): string => `From the ${layer} text: `;

/** Cuts whole lines from the end until `text` is at most `limit` characters long, and says in it how many are left out. */
export function cutLines(text: string, limit: number): { text: string; leftOut: number } {
  if (text.length <= limit) return { text, leftOut: 0 };
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
  const leftOut = lines.length - kept;
  const cut = `${rest}${rest === '' ? '' : '\n'}${cutNote(leftOut)}`;
  return { text: cut.slice(0, Math.max(limit, 0)), leftOut };
}

function cutNote(lines: number): string {
  return `(${lines} more line${lines === 1 ? '' : 's'} left out: the text is longer than an agent can be given)`;
}

// In a quotation or a list it is a heading all the same; the wide number signs only look like one.
const heading = /^(?:[\s>]|[-*+]\s|\d{1,9}[.)]\s)*([#＃﹟]{1,6})(?=\s|$)\s*(.*)$/u;
// Only = or - directly under a line of text makes that line a heading; <h1> is one too.
const underline = /^([\s>]*)([=-]+)$/u;
const htmlHeading = /<\/?h[1-6]\b[^<>]*>/giu;
// What follows these is no text any more until something ends it, which would be in another layer: comments, scripts, declarations.
const htmlBlock = /<(?=!|\?|\/?h[1-6]\b|(?:script|style|pre|textarea)\b)/giu;

function neutralLine(
  line: string,
  before: string,
  layer: string,
  reserved: ReadonlySet<string>,
  lowest: number,
): string {
  const plain = line.replace(htmlHeading, '').replace(htmlBlock, '&lt;');
  const match = heading.exec(plain);
  if (match) {
    const [, marks = '', rest = ''] = match;
    const title = withoutClosing(rest);
    const level = Math.min(6, marks.length + lowest - 1);
    return `${'#'.repeat(level)} ${startsReserved(title, reserved) ? fromLayer(layer) : ''}${title}`.trimEnd();
  }
  if (before.trim() !== '') {
    const marks = underline.exec(plain);
    if (marks) return `${marks[1] ?? ''}\\${marks[2] ?? ''}`;
  }
  // A bold or plain line that reads exactly like a section's title, or like the line below one that names its layer.
  const key = titleKey(plain);
  return reserved.has(key) || /^layer (?:global|position|personal)\b/u.test(key)
    ? `${fromLayer(layer)}${plain.trim()}`
    : plain;
}

/** A heading's title without the number signs that close it: by a loop, for a pattern would look at each of many blanks again and again. */
function withoutClosing(title: string): string {
  let end = title.length;
  while (end > 0 && /[\s#]/u.test(title.charAt(end - 1))) end -= 1;
  return title.slice(0, end);
}

function startsReserved(title: string, reserved: ReadonlySet<string>): boolean {
  const key = titleKey(title);
  return [...reserved].some((one) => key === one || key.startsWith(`${one} `));
}

/** Letters and digits only, lower case, what looks alike folded: what a reader takes the title for. */
function titleKey(title: string): string {
  return [
    ...title
      .normalize('NFKD')
      .replace(/[\p{M}\p{Cf}\u115f\u1160\u3164\uffa0]/gu, '')
      .toLowerCase(),
  ]
    .map((character) => lookAlikes.get(character) ?? character)
    .join('')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Letters of other scripts that are drawn like Latin ones: the part of Unicode's confusables (UTS #39) that spells our titles. */
const lookAlikes: ReadonlyMap<string, string> = new Map(
  [
    ...['аa', 'еe', 'оo', 'рp', 'сc', 'уy', 'хx', 'іi', 'ѕs', 'ԁd', 'һh', 'ԝw', 'ӏl', 'ɡg', 'ıi', 'ոn', 'ցg', 'սu'],
    ...['οo', 'αa', 'ρp', 'ιi', 'νv', 'υu', 'εe', 'κk', 'τt', 'ʟl', 'ɩi', 'ʏy'],
  ].map((pair) => [...pair] as [string, string]),
);

/** A block that is open at the end gets its end, as CommonMark has it: only a bare fence closes, and one of backticks names no backtick. */
function closeCodeBlock(lines: readonly string[]): string[] {
  let open: string | null = null;
  for (const line of lines) {
    const [, fence, rest = ''] = /^\s{0,3}(`{3,}|~{3,})(.*)$/u.exec(line) ?? [];
    if (fence === undefined) continue;
    if (open === null) {
      if (fence.startsWith('~') || !rest.includes('`')) open = fence;
    } else if (fence[0] === open[0] && fence.length >= open.length && rest.trim() === '') open = null;
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
