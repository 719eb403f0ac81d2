/**
 * Markdown as agents write it, as the HTML Telegram's parse mode takes: a few tags, properly nested, everything else escaped. Telegram has no
 * headings, lists and tables: they become bold lines, lines with a bullet, and preformatted text.
 * Source: https://core.telegram.org/bots/api#html-style
 */
import { closesFence, readFence } from '../split-text.ts';

export interface Rendered {
  html: string;
  /** UTF-16 code units a person sees: what Telegram counts against its limits. */
  length: number;
}

export function renderHtml(markdown: string): Rendered {
  const html = renderBlocks(markdown.split(/\r?\n/), false);
  return { html, length: visibleText(html).length };
}

/** The text of such HTML without its tags. */
function visibleText(html: string): string {
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** `quoted`: inside a quote; Telegram allows none in another. */
function renderBlocks(lines: readonly string[], quoted: boolean): string {
  const out: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    const fence = readFence(line);
    if (fence !== null) {
      let end = at + 1;
      while (end < lines.length && !closesFence(lines[end] ?? '', fence)) end++;
      out.push(pre(withoutIndent(lines.slice(at + 1, end), indentOf(line)), fence.language));
      at = end + 1;
    } else if (!quoted && isQuote(line)) {
      let end = at;
      while (end < lines.length && isQuote(lines[end] ?? '')) end++;
      const inside = lines.slice(at, end).map((quote) => quote.replace(/^(\s{0,3}>\s?)+/, ''));
      out.push(`<blockquote>${renderBlocks(inside, true)}</blockquote>`);
      at = end;
    } else if (isRow(line) && isTableRule(lines[at + 1] ?? '')) {
      let end = at + 2;
      while (end < lines.length && isRow(lines[end] ?? '')) end++;
      out.push(pre(table([line, ...lines.slice(at + 2, end)]), ''));
      at = end;
    } else {
      out.push(renderLine(line));
      at++;
    }
  }
  return out.join('\n');
}

const isQuote = (line: string): boolean => /^\s{0,3}>/.test(line);
const isRow = (line: string): boolean => line.includes('|') && line.trim() !== '';
const isTableRule = (line: string): boolean =>
  line.includes('-') && /^\s*\|?(\s*:?-+:?\s*\|)*\s*:?-*:?\s*\|?\s*$/.test(line);
const indentOf = (line: string): number => line.length - line.trimStart().length;

/** Code inside of a list is indented with it. */
function withoutIndent(lines: readonly string[], indent: number): string {
  return lines.map((line) => line.slice(Math.min(indent, indentOf(line)))).join('\n');
}

function pre(code: string, language: string): string {
  const inside = escapeHtml(code === '' ? ' ' : code);
  const tagged = language === '' ? inside : `<code class="language-${escapeHtml(language)}">${inside}</code>`;
  return `<pre>${tagged}</pre>`;
}

/** Columns under each other, with what marks text up inside of cells left out. */
function table(rows: readonly string[]): string {
  const cells = rows.map((row) =>
    row
      .trim()
      .replace(/^\||(?<!\\)\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => visibleText(renderInline(cell.trim().replace(/\\\|/g, '|')))),
  );
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(' | ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('-+-');
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function renderLine(line: string): string {
  const [, heading] = /^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$/.exec(line) ?? [];
  if (heading !== undefined) return heading === '' ? '' : `<b>${renderInline(heading.replace(/\*\*|__/g, ''))}</b>`;
  if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) return '———';
  const [, indent = '', item] = /^(\s*)[-*+]\s+(.*)$/.exec(line) ?? [];
  if (item === undefined) return renderInline(line);
  const [, done, task] = /^\[([ xX])\]\s+(.*)$/.exec(item) ?? [];
  return task === undefined
    ? `${indent}• ${renderInline(item)}`
    : `${indent}${done === ' ' ? '☐' : '☑'} ${renderInline(task)}`;
}

/** What of the line's marks is open around: a tag is never put into itself. */
type Around = ReadonlySet<'b' | 'i' | 's' | 'a'>;

function renderInline(text: string, around: Around = new Set()): string {
  let html = '';
  for (let at = 0; at < text.length; ) {
    const found = readMark(text, at, around);
    html += found === null ? escapeHtml(text.charAt(at)) : found.html;
    at += found === null ? 1 : found.length;
  }
  return html;
}

interface Mark {
  html: string;
  /** How much of the source it is. */
  length: number;
}

function readMark(text: string, at: number, around: Around): Mark | null {
  switch (text[at]) {
    case '\\':
      return /[!-/:-@[-`{-~]/.test(text[at + 1] ?? '') ? { html: escapeHtml(text.charAt(at + 1)), length: 2 } : null;
    case '`':
      return readCode(text, at);
    case '!':
    case '[':
      return readLink(text, at, around);
    case '*':
    case '_':
      return readEmphasis(text, at, 2, 'b', around) ?? readEmphasis(text, at, 1, 'i', around);
    case '~':
      return readEmphasis(text, at, 2, 's', around);
    default:
      return null;
  }
}

/** Backticks, and as many again; without them they stand for themselves, all at once. */
function readCode(text: string, at: number): Mark {
  let run = 1;
  while (text[at + run] === '`') run++;
  const ticks = '`'.repeat(run);
  for (let end = text.indexOf(ticks, at + run); end !== -1; end = text.indexOf(ticks, end)) {
    let found = run;
    while (text[end + found] === '`') found++;
    if (found === run) {
      const inside = text.slice(at + run, end).replace(/^ (.*\S.*) $/, '$1');
      return { html: `<code>${escapeHtml(inside)}</code>`, length: end + run - at };
    }
    end += found;
  }
  return { html: ticks, length: run };
}

/** `[label](address)`, and `![label](address)`: a picture's address is a link here. Only addresses of the web are linked. */
function readLink(text: string, at: number, around: Around): Mark | null {
  const link = /^!?\[((?:[^[\]\\]|\\.){0,500})\]\(\s*<?([^\s<>]{1,2000}?)>?(?:\s+"[^"]{0,500}")?\s*\)/.exec(
    text.slice(at, at + 3_100),
  );
  if (link === null || around.has('a')) return null;
  const [source, label = '', address = ''] = link;
  const inside = renderInline(label, new Set([...around, 'a'])) || escapeHtml(address);
  const html = /^https?:\/\/\S+$/i.test(address)
    ? `<a href="${escapeHtml(address)}">${inside}</a>`
    : `${inside} (${escapeHtml(address)})`;
  return { html, length: source.length };
}

/**
 * A mark opens before something and closes after something; underscores inside of words are part of the word. Of three marks in a row at the
 * end, the inner emphasis has the first.
 */
function readEmphasis(text: string, at: number, width: 1 | 2, tag: 'b' | 'i' | 's', around: Around): Mark | null {
  const mark = text.charAt(at);
  if (around.has(tag) || !text.startsWith(mark.repeat(width), at) || !/\S/.test(text[at + width] ?? '')) return null;
  if (mark === '_' && isWord(text[at - 1])) return null;
  let from = at + width;
  while (text[from] === mark) from++;
  for (let start = text.indexOf(mark, from); start !== -1; start = text.indexOf(mark, from)) {
    let run = 1;
    while (text[start + run] === mark) run++;
    from = start + run;
    const closes = width === 2 ? run >= 2 : run === 1 || run === 3;
    const end = from - width;
    const inside = text.slice(at + width, end);
    if (!closes || /[\s\\]/.test(text[start - 1] ?? '') || cutsCode(inside)) continue;
    if (mark === '_' && isWord(text[from])) continue;
    return { html: `<${tag}>${renderInline(inside, new Set([...around, tag]))}</${tag}>`, length: from - at };
  }
  return null;
}

/** The mark stands inside of code that begins before it. */
const cutsCode = (inside: string): boolean => (inside.match(/`/g)?.length ?? 0) % 2 === 1;

const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}_]/u.test(character);
