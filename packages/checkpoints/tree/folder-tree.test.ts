import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FileEntry, folderNodes, heightOf, parseFolderNode, pieceBytes, pieceLists } from './folder-tree.ts';

const file = (name: string, content = 'a'): FileEntry => ({
  type: 'file',
  name,
  mode: 0o644,
  size: 1,
  mtimeMs: 1_700_000_000_000,
  hash: content.repeat(64),
  height: 0,
});
const files = (count: number) => Array.from({ length: count }, (_, index) => file(`file-${index}.txt`));
const bytesOf = (nodes: { content: Buffer }[]) => nodes.reduce((sum, { content }) => sum + content.length, 0);

describe('a folder, written down', () => {
  test('is the same bytes whatever the order of its entries', () => {
    const entries = files(100);
    const shuffled = fc.shuffledSubarray(entries, { minLength: entries.length });
    fc.assert(
      fc.property(shuffled, (other) => {
        expect(folderNodes(other)).toEqual(folderNodes(entries));
      }),
      { numRuns: 10 },
    );
  });

  test('is another hash whatever changes in an entry', () => {
    const entry = file('a');
    const changes = [
      { name: 'b' },
      { mode: 0o600 },
      { size: 2 },
      { mtimeMs: 5 },
      { hash: 'b'.repeat(64) },
      { height: 1 },
    ];
    const hashes = [entry, ...changes.map((change) => ({ ...entry, ...change }))].map(
      (each) => folderNodes([each])[0].hash,
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test('rewrites a few kilobytes when one of its 10,000 files changes', () => {
    const entries = files(10_000);
    const before = new Set(folderNodes(entries).map(({ hash }) => hash));
    const after = folderNodes(entries.map((entry) => (entry.name === 'file-77.txt' ? file(entry.name, 'b') : entry)));
    const rewritten = after.filter(({ hash }) => !before.has(hash));
    expect(bytesOf(after)).toBeGreaterThan(1_000_000);
    expect(bytesOf(rewritten)).toBeLessThan(16_000);
  });

  test.each([
    ['something else', 'hello'],
    ['a name that leads elsewhere', { entries: [{ ...file('a'), name: '../a' }] }],
    ['a setuid bit', { entries: [{ ...file('a'), mode: 0o4755 }] }],
    ['a hash that is none', { entries: [{ ...file('a'), hash: '../a' }] }],
    ['a negative size', { entries: [{ ...file('a'), size: -1 }] }],
    ['a kind nobody knows', { entries: [{ ...file('a'), type: 'device' }] }],
    ['a link to nothing', { entries: [{ type: 'link', name: 'a', target: '' }] }],
    ['more entries than it may have', { entries: files(65) }],
  ])('is not taken for one with %s', (_, value) => {
    const content = typeof value === 'string' ? value : JSON.stringify({ clawpool: 'folder', ...value });
    expect(parseFolderNode(Buffer.from(content))).toBeNull();
  });
});

describe('a large file, written down', () => {
  test.each([
    [2, 1],
    [64, 1],
    [65, 2],
    [64 * 64, 2],
    [64 * 64 + 1, 3],
  ])('has its %i pieces in lists %i high', (pieces, height) => {
    expect(pieceLists(Array.from({ length: pieces }, () => 'a'.repeat(64))).height).toBe(height);
    if (pieces * pieceBytes > 1024 * 1024) expect(heightOf(pieces * pieceBytes)).toBe(height);
  });

  test('rewrites a few kilobytes of lists when one of its 5,000 pieces changes', () => {
    const hashes = Array.from({ length: 5000 }, (_, index) => index.toString(16).padStart(64, '0'));
    const before = new Set(pieceLists(hashes).nodes.map(({ hash }) => hash));
    const after = pieceLists(hashes.with(2500, 'f'.repeat(64))).nodes;
    expect(bytesOf(after.filter(({ hash }) => !before.has(hash)))).toBeLessThan(16_000);
  });
});
