import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { restoreFolder } from '../restore/restore-folder.ts';
import { createWorld, differences } from '../testing/folders.ts';
import { referencesOf } from '../tree/references.ts';

/** Few names, so that histories meet the same paths again. */
const path = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
/** Sizes around the limits: empty, one piece, several pieces. */
const size = fc.constantFrom(0, 1, 5_000, 1024 * 1024, 1024 * 1024 + 1, 1_500_000);

const change = fc.oneof(
  fc.record({ kind: fc.constant('write' as const), path, size, seed: fc.nat({ max: 3 }) }),
  fc.record({ kind: fc.constant('many' as const), path, count: fc.integer({ min: 60, max: 70 }) }),
  fc.record({ kind: fc.constant('remove' as const), path }),
  fc.record({ kind: fc.constant('rename' as const), path, to: path }),
  fc.record({ kind: fc.constant('mode' as const), path, mode: fc.constantFrom(0o600, 0o700, 0o755) }),
  fc.record({ kind: fc.constant('link' as const), path, target: fc.constantFrom('a', '../b', '/etc/passwd') }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;
type Step = Change | { kind: 'snapshot' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: change },
  { weight: 1, arbitrary: fc.constant({ kind: 'snapshot' as const }) },
);

/** What cannot be done as things are, such as a file below a file, is left undone. */
function apply(folder: string, change: Change): void {
  const at = join(folder, change.path);
  try {
    mkdirSync(dirname(at), { recursive: true });
    if (change.kind === 'write') writeFileSync(at, Buffer.alloc(change.size, change.seed));
    if (change.kind === 'many') {
      mkdirSync(at, { recursive: true });
      for (let index = 0; index < change.count; index++) writeFileSync(join(at, `${index}`), change.path);
    }
    if (change.kind === 'remove') rmSync(at, { recursive: true, force: true });
    if (change.kind === 'rename') renameSync(at, join(folder, change.to));
    if (change.kind === 'mode') chmodSync(at, change.mode);
    if (change.kind === 'link') symlinkSync(change.target, at);
  } catch (error) {
    const impossible = ['ENOTDIR', 'EISDIR', 'EEXIST', 'ENOENT', 'ENOTEMPTY', 'EINVAL', 'ELOOP', 'EACCES', 'EPERM'];
    if (!impossible.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Links may lead out of the folder: what is changed through them is not the folder's, and here it is nobody's. */
const isHarmless = (steps: readonly Step[]) =>
  !steps.some((each) => each.kind === 'link' && each.target.startsWith('/')) ||
  !steps.some((each) => each.kind === 'mode' || each.kind === 'write');

test('whatever happens to a folder, every snapshot of it restores to what it was', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }).filter(isHarmless), async (steps) => {
      const world = await createWorld();
      let { folder, index } = world;
      try {
        const kept: { root: string; restored: string }[] = [];
        for (const each of [...steps, { kind: 'snapshot' as const }]) {
          if (each.kind !== 'snapshot') {
            apply(folder, each);
            continue;
          }
          const { root } = await world.snapshot({ folder, index, whileReading: (read) => read() });
          const restored = await world.restore(root);
          expect(differences(folder, restored)).toBe('');
          kept.push({ root, restored });
          // It goes on in a restored folder: there the index is believed at once, so that a change it hides would be missed.
          folder = join(world.root, `folder-${kept.length}`);
          index = `${folder}.index`;
          await restoreFolder({ folder, root, blobs: world.blobs, index });
        }
        // Later snapshots took nothing from earlier ones.
        for (const { root, restored } of kept) expect(differences(restored, await world.restore(root))).toBe('');
      } finally {
        world.remove();
      }
    }),
    { numRuns: 15 },
  );
}, 120_000);

test('whatever is kept, what nothing kept refers to can be removed, and all that is kept still restores', async () => {
  const histories = fc.array(fc.tuple(fc.array(change, { minLength: 1, maxLength: 6 }), fc.boolean()), {
    minLength: 2,
    maxLength: 8,
  });
  const harmless = histories.filter((turns) => isHarmless(turns.flatMap(([changes]) => changes)));
  await fc.assert(
    fc.asyncProperty(harmless, async (turns) => {
      const world = await createWorld();
      try {
        const kept: { root: string; restored: string }[] = [];
        for (const [changes, keep] of turns) {
          for (const each of changes) apply(world.folder, each);
          const { root } = await world.snapshot();
          if (keep) kept.push({ root, restored: await world.restore(root) });
        }
        const referred = new Set<string>();
        const seen = new Set<string>();
        for (const { root } of kept) for await (const hash of referencesOf(root, world.blobs, seen)) referred.add(hash);
        const stored: string[] = [];
        for await (const { hash } of world.blobs.list()) stored.push(hash);
        for (const hash of stored) if (!referred.has(hash)) await world.blobs.delete(hash);
        for (const { root, restored } of kept) expect(differences(restored, await world.restore(root))).toBe('');
        // And nothing that is referred to was not there.
        expect([...referred].filter((hash) => !stored.includes(hash))).toEqual([]);
      } finally {
        world.remove();
      }
    }),
    { numRuns: 15 },
  );
}, 120_000);
