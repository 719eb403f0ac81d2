/**
 * Checkpoint: after a turn that changed one file of a 100 MB workspace, and back from the blob store, beside copying the folder with
 * `cp -a` and packing it with `tar | gzip` (neither of which waits for the disk, while a checkpoint and a restore do).
 * Twice: with 1,000 files of 100 KB and with 20,000 files of 5 KB. Rounds are interleaved, so that all meet the same machine.
 *
 *     node bench/checkpoint.ts [--rounds 20] [--check]
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openBlobFolder, restoreFolder, snapshotFolder } from '@clawpool/checkpoints';
import { judge, percentile, printTable, roundsFromArguments, type Target } from './table.ts';

const rounds = roundsFromArguments(20);

/** The targets, as measured with that many files of that size. */
async function measure(files: number, bytes: number): Promise<Target[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'clawpool-bench-'));
  try {
    const folder = join(scratch, 'files');
    const pathOf = (file: number) => join(folder, `${file % Math.ceil(files / 50)}`, `${file}`);
    for (let file = 0; file < files; file++) {
      mkdirSync(join(pathOf(file), '..'), { recursive: true });
      writeFileSync(pathOf(file), randomBytes(bytes));
    }
    const [blobs, index] = [await openBlobFolder(join(scratch, 'blobs')), join(scratch, 'index')];
    const first = await snapshotFolder({ folder, blobs, index });
    let previous = first.root;
    await setTimeout(2_100); // What has just changed is read again by the next one: see racyMs.
    previous = (await snapshotFolder({ folder, blobs, index, previous })).root;

    const samples = { cp: [] as number[], tar: [] as number[], checkpoint: [] as number[], restore: [] as number[] };
    const stored: number[] = [];
    const timed = async (into: number[], work: () => unknown) => {
      const since = performance.now();
      await work();
      into.push(performance.now() - since);
    };
    for (let round = 0; round < rounds; round++) {
      writeFileSync(pathOf((round * 37) % files), randomBytes(bytes));
      await timed(samples.checkpoint, async () => {
        // A tenant is frozen around reading; here nobody is, but the way is the same.
        const snapshot = await snapshotFolder({ folder, blobs, index, previous, whileReading: (read) => read() });
        previous = snapshot.root;
        stored.push(snapshot.storedBytes);
      });
      const copy = join(scratch, 'copy');
      await timed(samples.restore, () =>
        restoreFolder({ folder: copy, root: previous, blobs, index: `${copy}.index` }),
      );
      rmSync(copy, { recursive: true });
      await timed(samples.cp, () => execFileSync('cp', ['-a', folder, copy]));
      rmSync(copy, { recursive: true });
      const packed = join(scratch, 'packed.tar.gz');
      await timed(samples.tar, () => execFileSync('sh', ['-c', 'tar c -C "$0" . | gzip > "$1"', folder, packed]));
      process.stderr.write(`\rround ${round + 1} of ${rounds}`);
    }
    printTable(
      `Checkpoint and restore: ${files.toLocaleString('en')} files of ${bytes.toLocaleString('en')} bytes`,
      [
        { name: 'cp -a', samples: samples.cp },
        { name: 'tar, gzip', samples: samples.tar },
        { name: 'Clawpool, checkpoint after one file changed', samples: samples.checkpoint },
        { name: 'Clawpool, restore', samples: samples.restore },
      ],
      'cp -a',
    );
    const kilobytes = (percentile(stored, 0.5) / 1000).toFixed(1);
    console.log(
      `\nStored for a change of ${bytes / 1000} KB: ${kilobytes} KB. The first checkpoint took ${first.tookMs} ms.`,
    );
    const of = `${files.toLocaleString('en')} files`;
    return [
      {
        name: `checkpoint of ${of} after one changed, p50, ms`,
        measured: percentile(samples.checkpoint, 0.5),
        target: 50,
      },
      { name: `restore of ${of}, p50, ms`, measured: percentile(samples.restore, 0.5), target: 2_000 },
    ];
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

judge([...(await measure(1_000, 100_000)), ...(await measure(20_000, 5_000))]);
