import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { closesFence, readFence, splitText } from './split-text.ts';

describe('splitText', () => {
  it('leaves text that fits as it is, and makes nothing of nothing', () => {
    expect(splitText('  One\n\n\n two ', 100)).toEqual(['  One\n\n\n two ']);
    expect(splitText(' \n\n ', 100)).toEqual([]);
  });

  it('cuts at paragraphs, before it cuts at lines, before it cuts at words', () => {
    const line = (letter: string, length: number): string => `${letter.repeat(length - 1)}.`;
    const [a, b, c] = [line('a', 50), line('b', 30), line('c', 40)];
    expect(splitText(`${a}\n\n${b}\n\n${c}`, 100)).toEqual([`${a}\n\n${b}`, c]);
    expect(splitText(`${a}\n${b}\n  ${c}`, 100)).toEqual([`${a}\n${b}`, `  ${c}`]);
    expect(splitText(`${a} ${b} ${c}`, 100)).toEqual([`${a} ${b}`, c]);
    expect(splitText('x'.repeat(150), 100)).toEqual(['x'.repeat(100), 'x'.repeat(50)]);
  });

  it('keeps a code block whole where it fits into one part', () => {
    const code = `\`\`\`ts\n${'const a = 1;\n'.repeat(5)}\`\`\``;
    expect(splitText(`${'word '.repeat(15)}\n\n${code}\n\nDone.`, 100)).toEqual([
      'word '.repeat(15),
      `${code}\n\nDone.`,
    ]);
  });

  it('closes and opens a longer one again, with its language', () => {
    const lines = Array.from({ length: 12 }, (_, number) => `    step(${number}); // and why`);
    const parts = splitText(`\`\`\`python title="a"\n${lines.join('\n')}\n\`\`\``, 100);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) expect(part).toMatch(/^```python\n[^`]*\n```$/);
    expect(parts.flatMap((part) => part.split('\n').slice(1, -1))).toEqual(lines);
  });

  it('closes a block that its writer has not closed yet', () => {
    expect(splitText('```sh\nls', 100)).toEqual(['```sh\nls\n```']);
  });

  it('does not end a block early when its code is cut next to something like a fence', () => {
    const parts = splitText(`~~~md\n${'x'.repeat(80)}~~~\n\`\`\`js\nlet a;\n\`\`\`\n~~~`, 100);
    expect(parts.every(isBalanced)).toBe(true);
    const inside = parts.map((part) => part.split('\n').slice(1, -1).join('\n')).join('\n');
    expect(inside.replaceAll('\n', '')).toBe(`${'x'.repeat(80)}~~~\`\`\`jslet a;\`\`\``);
  });

  it('refuses a limit that leaves no room', () => {
    expect(() => splitText('text', 10)).toThrow(RangeError);
  });

  const max = fc.integer({ min: 64, max: 200 });
  const word = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom(
      ' ',
      '\n',
      '\n\n',
      '```',
      '```js\n',
      '\n```\n',
      '~~~',
      '    ',
      '`',
      '😀😀😀',
      '\n- item',
      '\r\n',
      '\\',
    ),
    fc.nat({ max: 150 }).map((length) => '👩‍💻é'.repeat(length)),
    fc.nat({ max: 90 }).map((length) => '`'.repeat(length)),
  );
  const markdown = fc.array(word, { maxLength: 60, size: 'max' }).map((words) => words.join(''));

  it('makes parts within the limit that are whole by themselves, whatever the text', () => {
    fc.assert(
      fc.property(markdown, max, (text, limit) => {
        for (const part of splitText(text, limit)) {
          expect(part.length).toBeLessThanOrEqual(limit);
          expect(part.trim()).not.toBe('');
          expect(isBalanced(part)).toBe(true);
          expect(part.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('loses nothing of any text but white space', () => {
    const plain = markdown.map((text) => text.replace(/[`~\\]/g, ''));
    fc.assert(
      fc.property(plain, max, (text, limit) => {
        expect(splitText(text, limit).join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
      }),
      { numRuns: 200 },
    );
  });

  it('loses nothing of text with code in it but fences', () => {
    fc.assert(
      fc.property(markdown, max, (text, limit) => {
        const said = (of: string): string => withoutFences(of).replace(/[\s`~\\]/g, '');
        expect(splitText(text, limit).map(said).join('')).toBe(said(text));
      }),
      { numRuns: 200 },
    );
  });

  it('loses nothing of any code, its white space included', () => {
    const line = fc.string({
      unit: fc.constantFrom('a', ' ', '\t', '{', '`', '~', '-', '😀'),
      maxLength: 250,
      size: 'max',
    });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 30 }), max, (lines, limit) => {
        const fence = '`'.repeat(
          3 + Math.max(0, ...lines.flatMap((one) => one.match(/`+/g) ?? []).map((run) => run.length)),
        );
        // Code made of long fences is sent without any.
        fc.pre(fence.length < 12);
        const parts = splitText(`${fence}js\n${lines.join('\n')}\n${fence}`, limit);
        const inside = parts.flatMap((part) => part.split('\n').slice(1, -1));
        expect(inside.join('')).toBe(lines.join(''));
      }),
      { numRuns: 200 },
    );
  });
});

function isBalanced(part: string): boolean {
  return openAtEnd(part, () => undefined) === null;
}

function withoutFences(text: string): string {
  const kept: string[] = [];
  openAtEnd(text, (line) => kept.push(line));
  return kept.join('\n');
}

/** The fence that is still open at the end; tells every line that is none. */
function openAtEnd(text: string, onLine: (line: string) => void): ReturnType<typeof readFence> {
  let open: ReturnType<typeof readFence> = null;
  for (const line of text.split(/\r?\n/)) {
    if (open === null) {
      open = readFence(line);
      if (open === null) onLine(line);
    } else if (closesFence(line, open)) open = null;
    else onLine(line);
  }
  return open;
}
