import { describe, expect, it } from 'vitest';
import { chinese } from './chinese.ts';
import { english } from './english.ts';
import { detectLanguage } from './language.ts';

/** Every text by its full key. */
function flatten(texts: object, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(texts).flatMap(([key, value]) =>
      typeof value === 'string' ? [[prefix + key, value] as const] : [...flatten(value, `${prefix}${key}.`)],
    ),
  );
}

const en = flatten(english);
const zh = flatten(chinese);

/** Every source of the console, without tests and the texts themselves. */
const sources = Object.entries(
  import.meta.glob(['../**/*.{ts,tsx}', '!../**/*.test.*', '!./english*.ts', '!./chinese*.ts', '!../dist/**'], {
    query: '?raw',
    import: 'default',
    eager: true,
  }) as Record<string, string>,
);

/** Keys in a source: whole ones, and `prefix.${…}.suffix` templates as patterns. */
function usedKeys(source: string): { keys: string[]; patterns: RegExp[] } {
  const keys = [...source.matchAll(/['"]([a-z]\w*(?:\.\w+)+)['"]/gi)].map(([, key]) => key ?? '');
  const patterns = [...source.matchAll(/`([a-z]\w*\.(?:[\w.]|\$\{[^}]+\})*)`/gi)].map(
    ([, template]) => new RegExp(`^${(template ?? '').replaceAll('.', '\\.').replace(/\$\{[^}]+\}/g, '\\w+')}$`),
  );
  return { keys, patterns };
}

const withoutPlural = (key: string) => key.replace(/_(one|other)$/, '');

describe('the texts', () => {
  it('have the same keys in both languages', () => {
    expect([...zh.keys()]).toEqual([...en.keys()]);
  });

  it('are nowhere empty, and nowhere left in the other language', () => {
    for (const [key, text] of en) expect(text.trim(), key).not.toBe('');
    const same = [...zh].filter(([key, text]) => text === en.get(key)).map(([key]) => key);
    expect(same).toEqual(['common.none']);
  });

  it('fill in the same values in both languages', () => {
    const values = (text: string | undefined) =>
      [...(text ?? '').matchAll(/\{\{(\w+)/g)].map(([, name]) => name).sort();
    for (const [key, text] of en) expect(values(zh.get(key)), key).toEqual(values(text));
  });

  it('exist for every key that the console uses', () => {
    const known = new Set([...en.keys()].map(withoutPlural));
    const used = sources.flatMap(([, source]) =>
      [...source.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key]) => key ?? ''),
    );
    expect(used.length).toBeGreaterThan(50);
    expect(used.filter((key) => !known.has(key))).toEqual([]);
  });

  it('are all used', () => {
    const found = sources.map(([, source]) => usedKeys(source));
    const keys = new Set(found.flatMap((use) => use.keys));
    const patterns = found.flatMap((use) => use.patterns);
    const unused = [...en.keys()]
      .map(withoutPlural)
      .filter((key) => !keys.has(key) && !patterns.some((pattern) => pattern.test(key)));
    expect(unused).toEqual([]);
  });
});

describe('the first language', () => {
  it('is the one that was chosen before', () => {
    expect(detectLanguage('zh', 'en-US')).toBe('zh');
    expect(detectLanguage('en', 'zh-CN')).toBe('en');
  });

  it('is Chinese in a Chinese browser and English in any other', () => {
    expect(detectLanguage(null, 'zh-TW')).toBe('zh');
    expect(detectLanguage(null, 'zh')).toBe('zh');
    expect(detectLanguage('klingon', 'de-DE')).toBe('en');
    expect(detectLanguage(null, 'zha')).toBe('en');
  });
});
