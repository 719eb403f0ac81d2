/** The shortest limit `splitText` takes: below it the fences around a piece of code leave no room for the code. */
const smallestLimit = 64;

/**
 * Splits Markdown into parts of at most `max` UTF-16 code units (at least 64), each of which can stand alone: at paragraphs, then at lines,
 * then at words, and never inside a surrogate pair. A fenced code block that fits into one part stays whole; a longer one is closed and
 * opened again, with its language, in the next part. A block that was never closed is closed.
 * Text that fits is one part, as it is; blank text is none. White space at the cuts is dropped, except inside code.
 */
export function splitText(text: string, max: number): string[] {
  if (!Number.isInteger(max) || max < smallestLimit)
    throw new RangeError(`a part needs room for ${smallestLimit} units`);
  if (text.trim() === '') return [];
  const blocks = readBlocks(text);
  if (text.length <= max && blocks.every(isClosed)) return [text];

  const parts: string[] = [];
  let part = '';
  for (const block of blocks) {
    // The line break that ends a block's last line is not one of `gap`.
    const joined = part === '' ? block.text : `${part}\n${'\n'.repeat(block.gap)}${block.text}`;
    if (joined.length <= max) {
      part = joined;
      continue;
    }
    if (part !== '') parts.push(part);
    const pieces = block.text.length <= max ? [block.text] : cutBlock(block, max);
    part = pieces.pop() ?? '';
    parts.push(...pieces);
  }
  if (part !== '') parts.push(part);
  return parts;
}

/** A paragraph, or a fenced code block with its fences. */
interface Block {
  /** Blank lines before it. */
  gap: number;
  text: string;
  code: Code | null;
}

interface Code {
  open: Fence;
  lines: string[];
  closed: boolean;
}

interface Fence {
  mark: '`' | '~';
  length: number;
  language: string;
}

const isClosed = ({ code }: Block): boolean => code === null || code.closed;

function readBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let gap = 0;
  let paragraph: string[] = [];
  let code: (Code & { raw: string[] }) | null = null;

  const end = (block: Omit<Block, 'gap'>): void => {
    blocks.push({ gap: blocks.length === 0 ? 0 : gap, ...block });
    gap = 0;
  };
  const endParagraph = (): void => {
    if (paragraph.length > 0) end({ text: paragraph.join('\n'), code: null });
    paragraph = [];
  };
  const endCode = (ended: Code & { raw: string[] }): void => {
    const { raw, open, lines, closed } = ended;
    const text = closed ? raw.join('\n') : [...raw, open.mark.repeat(open.length)].join('\n');
    end({ text, code: { open, lines, closed } });
    code = null;
  };

  for (const line of text.split(/\r?\n/)) {
    if (code !== null) {
      code.raw.push(line);
      code.closed = closesFence(line, code.open);
      if (code.closed) endCode(code);
      else code.lines.push(line);
      continue;
    }
    const open = readFence(line);
    if (open !== null) {
      endParagraph();
      code = { open, lines: [], closed: false, raw: [line] };
    } else if (line.trim() === '') {
      endParagraph();
      gap++;
    } else paragraph.push(line);
  }
  if (code !== null) endCode(code);
  endParagraph();
  return blocks;
}

/** The line opens a fenced code block. However far it is indented: agents write code inside of lists. */
export function readFence(line: string): Fence | null {
  const [, fence = '', info = ''] = /^\s*(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
  if (fence === '' || (fence.startsWith('`') && info.includes('`'))) return null;
  return { mark: fence.startsWith('`') ? '`' : '~', length: fence.length, language: info.trim().split(/\s/)[0] ?? '' };
}

export function closesFence(line: string, { mark, length }: Pick<Fence, 'mark' | 'length'>): boolean {
  const trimmed = line.trim();
  return trimmed.length >= length && trimmed === mark.repeat(trimmed.length);
}

function cutBlock({ text, code }: Block, max: number): string[] {
  const fences = code && reopening(code, max);
  return code && fences ? cutCode(code.lines, fences, max) : cutText(text, max);
}

/**
 * The fences for the pieces of a block. They are longer than any run of their mark in the code, so that no cut through a long line leaves
 * something that would close them. Null: code made of fences; nothing can be put around it.
 */
function reopening({ open, lines }: Code, max: number): { first: string; last: string } | null {
  const code = lines.join('\n');
  const candidates = [open.mark, open.mark === '`' ? '~' : '`'] as const;
  for (const mark of candidates) {
    const run = Math.max(2, ...Array.from(code.matchAll(mark === '`' ? /`+/g : /~+/g), ([found]) => found.length));
    const fence = mark.repeat(run + 1);
    const language = open.language.length > 20 || /[`~]/.test(open.language) ? '' : open.language;
    if (2 * fence.length + language.length + 2 <= max / 2) return { first: fence + language, last: fence };
  }
  return null;
}

function cutCode(lines: readonly string[], { first, last }: { first: string; last: string }, max: number): string[] {
  const room = max - first.length - last.length - 2;
  const pieces: string[][] = [];
  let piece: string[] = [];
  let used = 0;
  for (const line of lines.flatMap((long) => cutLine(long, room))) {
    if (piece.length > 0 && used + line.length + 1 > room) {
      pieces.push(piece);
      piece = [];
      used = 0;
    }
    used += line.length + (piece.length > 0 ? 1 : 0);
    piece.push(line);
  }
  pieces.push(piece);
  return pieces.map((held) => [first, ...held, last].join('\n'));
}

/** A line of code is cut only where it is full: its white space means something. */
function cutLine(line: string, room: number): string[] {
  const pieces: string[] = [];
  let rest = line;
  while (rest.length > room) {
    const at = outsideOfPairs(rest, room);
    pieces.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return [...pieces, rest];
}

/**
 * A paragraph, or code that no fence can hold. Whatever could be read as a fence at the beginning of a line, before or after the cut, is kept
 * from it by a backslash, as Markdown has it.
 */
function cutText(text: string, max: number): string[] {
  const pieces: string[] = [];
  let rest = text.replace(/^[^\S\n]*(?=```|~~~)/gm, '$&\\');
  while (rest.length > max) {
    const at = lastBreak(rest, max);
    pieces.push(rest.slice(0, at).trimEnd());
    // At a line break the white space after it is kept: it indents a list.
    rest = rest.slice(at).replace(/^\n|^[^\S\n]+\n?/, '');
    rest = rest.replace(/^[^\S\n]*(?=```|~~~)/, '$&\\');
  }
  return [...pieces, rest].filter((piece) => piece.trim() !== '');
}

function lastBreak(text: string, max: number): number {
  const window = text.slice(0, max + 1);
  const line = window.lastIndexOf('\n');
  if (line > 0 && window.slice(0, line).trim() !== '') return line;
  for (let at = max; at > 0; at--) {
    if (/\s/.test(window[at] ?? '') && window.slice(0, at).trim() !== '') return at;
  }
  return outsideOfPairs(text, max);
}

function outsideOfPairs(text: string, at: number): number {
  const splits = /[\uD800-\uDBFF]/.test(text[at - 1] ?? '') && /[\uDC00-\uDFFF]/.test(text[at] ?? '');
  return splits ? at - 1 : at;
}
