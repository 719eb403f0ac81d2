import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHtml } from '../testing/telegram/entities.ts';
import { renderHtml } from './html.ts';

describe('Markdown for Telegram', () => {
  it.each([
    ['plain & <simple>', 'plain &amp; &lt;simple&gt;'],
    ['**bold** and __bold__', '<b>bold</b> and <b>bold</b>'],
    ['*italic* and _italic_', '<i>italic</i> and <i>italic</i>'],
    ['***both***', '<b><i>both</i></b>'],
    ['**bold *both***', '<b>bold <i>both</i></b>'],
    ['*italic **both***', '<i>italic <b>both</b></i>'],
    ['~~gone~~', '<s>gone</s>'],
    ['`a < b` and ``a ` b``', '<code>a &lt; b</code> and <code>a ` b</code>'],
    ['`**not bold**`', '<code>**not bold**</code>'],
    ['**bold `a**b` bold**', '<b>bold <code>a**b</code> bold</b>'],
    ['2 * 3 * 4 and a*', '2 * 3 * 4 and a*'],
    ['snake_case_name', 'snake_case_name'],
    ['\\*not italic\\*', '*not italic*'],
    ['C:\\path', 'C:\\path'],
    [
      '[the **docs**](https://a.example/?a=1&b="2")',
      '<a href="https://a.example/?a=1&amp;b=&quot;2&quot;">the <b>docs</b></a>',
    ],
    ['[press](javascript:alert(1))', 'press (javascript:alert(1))'],
    ['![chart](https://a.example/c.png)', '<a href="https://a.example/c.png">chart</a>'],
    ['[x] done [y]', '[x] done [y]'],
    ['# Title **now**', '<b>Title now</b>'],
    ['#hashtag', '#hashtag'],
    ['- one\n  * two\n+ three', '• one\n  • two\n• three'],
    ['1. one\n2. two', '1. one\n2. two'],
    ['- [ ] open\n- [x] done', '☐ open\n☑ done'],
    ['---', '———'],
    ['> said\n> > before\nby him', '<blockquote>said\nbefore</blockquote>\nby him'],
    ['```ts\nif (a < b) {}\n```', '<pre><code class="language-ts">if (a &lt; b) {}</code></pre>'],
    ['```\n**raw**\n```\nafter', '<pre>**raw**</pre>\nafter'],
    ['- item\n  ```\n  a\n    b\n  ```', '• item\n<pre>a\n  b</pre>'],
    ['```js\nstill written', '<pre><code class="language-js">still written</code></pre>'],
  ])('%j', (markdown, html) => {
    expect(renderHtml(markdown).html).toBe(html);
  });

  it('shows a table as columns', () => {
    const { html } = renderHtml('| City | *People* |\n|:-----|----:|\n| Graz | 300 |\n| **Wien** | a \\| b |\n\nDone');
    expect(html).toBe('<pre>City | People\n-----+-------\nGraz | 300\nWien | a | b</pre>\n\nDone');
  });

  it('is always what Telegram takes, and as long as it says', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.constantFrom(
        ...[
          '**',
          '*',
          '_',
          '__',
          '***',
          '~~',
          '`',
          '``',
          '```',
          '```js\n',
          '\n',
          '\n\n',
          '> ',
          '> > ',
          '- ',
          '# ',
          '|',
          '|-|-|\n',
        ],
        ...[
          '[a](https://b.c)',
          '[',
          '](',
          ')',
          '<b>',
          '</b>',
          '&amp;',
          '&',
          '"',
          '\\',
          ' ',
          'word',
          '![x](y)',
          '~~~"<\n',
        ],
      ),
    );
    const markdown = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(markdown, (text) => {
        const { html, length } = renderHtml(text);
        expect(readHtml(html).text).toHaveLength(length);
      }),
      { numRuns: 2_000 },
    );
  });

  it('comes to an end with text made to be slow', () => {
    for (const mark of ['*', '**a', '_', '[', '[a](', '`', '~~a', '*a _b', '![', '|', '> ', '<']) {
      expect(renderHtml(`${mark.repeat(4_000 / mark.length)} end`).html).toContain('end');
    }
  });
});
