import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorld, type World } from '../testing/folders.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.remove());

/** Commits all the time: every transaction adds a row and takes its amount from a total, so that the sum is always 0. */
const writer = `
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(process.argv[1]);
  database.exec('pragma journal_mode = ' + process.argv[2] + '; pragma synchronous = off; pragma wal_autocheckpoint = 50');
  database.exec('create table amounts (amount integer, filler text); insert into amounts values (0, null)');
  const add = database.prepare('insert into amounts values (?, ?)');
  const take = database.prepare('update amounts set amount = amount - ? where rowid = 1');
  for (let turn = 1; ; turn++) {
    database.exec('begin');
    add.run(turn, 'x'.repeat(turn % 3000));
    take.run(turn);
    database.exec('commit');
    if (turn === 20) process.stdout.write('ready');
    if (turn % 10 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }`;

test.each(['wal', 'delete'])(
  'a database in use, with its journal (%s), is whole in every snapshot',
  async (journal) => {
    const child = spawn(process.execPath, ['-e', writer, join(world.folder, 'memory.sqlite'), journal], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      let rowsBefore = 0;
      for (let round = 0; round < 6; round++) {
        const { root } = await world.snapshot({
          whileReading: async (read) => {
            child.kill('SIGSTOP');
            try {
              return await read();
            } finally {
              child.kill('SIGCONT');
            }
          },
        });
        const database = new DatabaseSync(join(await world.restore(root), 'memory.sqlite'));
        expect(database.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' });
        const { sum, rows } = database.prepare('select sum(amount) as sum, count(*) as rows from amounts').get() as {
          sum: number;
          rows: number;
        };
        database.close();
        expect(sum).toBe(0);
        expect(rows).toBeGreaterThanOrEqual(rowsBefore);
        rowsBefore = rows;
      }
      expect(rowsBefore).toBeGreaterThan(20);
    } finally {
      child.kill('SIGKILL');
    }
  },
);
