/** Telegram's HTML, read as strictly as its documentation describes it: https://core.telegram.org/bots/api#html-style */

export interface ReadHtml {
  text: string;
  code: { language: string; text: string }[];
}

const simpleTags = new Set(['b', 'strong', 'i', 'em', 'u', 'ins', 's', 'strike', 'del', 'tg-spoiler']);

/** Throws what Telegram answers, without `Bad Request: `. */
export function readHtml(html: string): ReadHtml {
  const open: string[] = [];
  const code: ReadHtml['code'] = [];
  let text = '';
  let language = '';
  let codeFrom = 0;

  for (const [token] of html.matchAll(/<[^>]*>?|[^<]+/g)) {
    if (!token.startsWith('<')) {
      text += unescaped(token);
      continue;
    }
    const [, slash, name, attributes = ''] = /^<(\/?)([a-z-]+)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)>$/.exec(token) ?? [];
    if (name === undefined) fail(`Unsupported start tag "${token.slice(1, 20)}"`);
    if (slash === '/') {
      if (open.pop() !== name) fail(`Unmatched end tag "${name}"`);
      const closesCode = name === 'pre' || (name === 'code' && open.at(-1) !== 'pre');
      if (closesCode) code.push({ language: name === 'pre' ? language : '', text: text.slice(codeFrom) });
      continue;
    }
    checkTag(name, attributes, open);
    if (name === 'pre' || (name === 'code' && open.at(-1) !== 'pre')) {
      codeFrom = text.length;
      language = '';
    }
    if (name === 'code') language = /class="language-([^"]*)"/.exec(attributes)?.[1] ?? language;
    open.push(name);
  }
  if (open.length > 0) fail(`Can't find end tag corresponding to start tag "${open.at(-1)}"`);
  return { text, code };
}

function checkTag(name: string, attributes: string, open: readonly string[]): void {
  const known = simpleTags.has(name) || ['a', 'code', 'pre', 'blockquote'].includes(name);
  if (!known) fail(`Unsupported start tag "${name}"`);
  if (name === 'a' && !/^\s+href="[^"]+"$/.test(attributes)) fail('A link without an address');
  if (name !== 'a' && name !== 'code' && attributes !== '') fail(`Unexpected attributes of "${name}"`);
  const inCode = open.includes('code') || (open.includes('pre') && !(name === 'code' && open.at(-1) === 'pre'));
  if (inCode) fail(`"${name}" inside of code`);
  if (name === 'blockquote' && open.includes(name)) fail('Blockquotes can’t be nested');
}

function unescaped(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#(\d+);/g, (_, number: string) => String.fromCodePoint(Number(number)))
    .replace(/&amp;/g, '&');
}

function fail(reason: string): never {
  throw new Error(`can't parse entities: ${reason}`);
}
