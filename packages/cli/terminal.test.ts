import { describe, expect, it } from 'vitest';
import { createTerminal, harmless } from './terminal.ts';

describe('the terminal', () => {
  it.each([
    { color: true, isTTY: true, colored: true },
    { color: true, isTTY: false, colored: false },
    { color: false, isTTY: true, colored: false },
  ])('with %j', ({ color, isTTY, colored }) => {
    let written = '';
    const stream = { isTTY, write: (text: string) => (written += text) };
    const terminal = createTerminal({ out: stream, err: stream, color });
    terminal.print(terminal.style.bold('text'));
    terminal.error('went wrong', 'do this');
    expect(written.includes('\u001b[')).toBe(colored);
    expect(written).toContain('went wrong\n  do this\n');
  });

  it('keeps the answer apart from what is said about it', () => {
    let out = '';
    let err = '';
    const terminal = createTerminal({
      out: { write: (text) => (out += text) },
      err: { write: (text) => (err += text) },
      color: false,
    });
    terminal.print('answer');
    terminal.note('thinking…');
    terminal.warn('careful');
    terminal.json({ a: 1 });
    expect(out).toBe('answer\n{\n  "a": 1\n}\n');
    expect(err).toBe('thinking…\nWarning: careful\n');
  });

  it.each([
    ['plain\ttext\n财务', 'plain\ttext\n财务'],
    ['\u001b[2J\u001b]0;title\u0007gone', 'gone'],
    ['a\rb\u0008c\u009bd', 'abcd'],
    ['abc\u202etxt', 'abctxt'],
  ])('shows what a tenant wrote without what could steer a terminal: %j', (text, shown) => {
    expect(harmless(text)).toBe(shown);
  });
});
