/**
 * A position's SOUL layer saved for 1,000 agents, each of which has to have it with its next turn, beside a person's own layer, which one agent has. A
 * whole installation with its embedded PostgreSQL; times are of the request, as an admin's browser sends it. Nobody waits for the agents: what
 * is awake is told afterwards, what sleeps reads it when it wakes. Rounds are interleaved.
 *
 *     node bench/layers.ts [--rounds 30] [--agents 1000] [--check]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@clawpool/server';
import { startTestInstallation } from '../tests/support/installation.ts';
import { signIn } from '../tests/support/person.ts';
import { judge, percentile, printTable, roundsFromArguments } from './table.ts';

const rounds = roundsFromArguments(30);
const agents = Number(process.argv[process.argv.indexOf('--agents') + 1]) || 1_000;
const data = await mkdtemp(join(tmpdir(), 'clawpool-bench-layers-'));

try {
  const first = await startTestInstallation({ data });
  const { password } = await first.person('jiade');
  await first.close();
  await addPeople();
  const installation = await startTestInstallation({ data });
  try {
    const { client } = await signIn(installation.url, 'jiade@acme.example', password);
    const saved = { 'one agent': [] as number[], many: [] as number[] };
    let affected = 0;
    const timed = async (
      into: number[],
      params: { scope: 'position' | 'personal'; ownerId: string },
      round: number,
    ) => {
      const { version: expectedVersion } = await client.call('getLayer', { params });
      const since = performance.now();
      const layer = await client.call('saveLayer', { params, body: { content: `Round ${round}.`, expectedVersion } });
      into.push(performance.now() - since);
      return layer.affected;
    };
    for (let round = 0; round < rounds; round++) {
      await timed(saved['one agent'], { scope: 'personal', ownerId: 'jiade' }, round);
      affected = await timed(saved.many, { scope: 'position', ownerId: 'bench' }, round);
      process.stderr.write(`\rround ${round + 1} of ${rounds}`);
    }
    printTable(
      'A SOUL layer saved',
      [
        { name: 'one agent', samples: saved['one agent'] },
        { name: `${affected} agents`, samples: saved.many },
      ],
      'one agent',
    );
    judge([
      { name: `worst for ${affected} agents, ms`, measured: percentile(saved.many, 1), target: 1_000 },
      { name: 'agents that were not marked', measured: Math.max(0, agents - affected), target: 0 },
    ]);
  } finally {
    await installation.close();
  }
} finally {
  await rm(data, { recursive: true, force: true });
}

/** As many people as asked for in a position of their own, each with an agent. */
async function addPeople(): Promise<void> {
  const database = await openDatabase({ dataFolder: data });
  try {
    await database.pool.query(
      `with place as (
         select p.organization_id, p.department_id, p.tier_id, p.tools from positions p
         join employees e on e.organization_id = p.organization_id and e.position_id = p.id and e.id = 'ryan'
       ), position as (
         insert into positions (organization_id, id, department_id, tier_id, name, tools)
         select organization_id, 'bench', department_id, tier_id, 'Bench', tools from place
       ), people as (
         insert into employees (organization_id, id, number, name, email, department_id, position_id)
         select organization_id, 'bench-' || n, 'bench-' || n, 'Bench ' || n, 'bench-' || n || '@acme.example', department_id, 'bench'
         from place, generate_series(1, $1::int) n
       )
       insert into tenants (organization_id, id, name, employee_id, tier_id)
       select organization_id, 'bench-' || n, 'bench-' || n, 'bench-' || n, tier_id from place, generate_series(1, $1::int) n`,
      [agents],
    );
  } finally {
    await database.close();
  }
}
