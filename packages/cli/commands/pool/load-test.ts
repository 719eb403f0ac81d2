import { setTimeout as pause } from 'node:timers/promises';
import type { CallInput } from '@clawpool/client';
import type { LoadTest } from '@clawpool/contracts';
import { CommandError, connect } from '../../connection.ts';
import { exitCode } from '../../exit-code.ts';
import { renderPairs, renderTable } from '../../table.ts';
import { harmless, type Terminal } from '../../terminal.ts';

const lookEveryMs = 500;

/** `clawpool load-test run`: makes the tenants, waits until all that can run do, and cleans up where asked. Ends with 1 when any failed. */
export async function runLoadTest(
  terminal: Terminal,
  data: string,
  options: { body: NonNullable<CallInput<'startLoadTest'>['body']>; cleanUp: boolean; json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  let test = await client.call('startLoadTest', { body: options.body });
  const params = { loadTestId: test.id };
  for (let told = ''; test.finishedAt === null; test = await client.call('loadTest', { params })) {
    const said = `${test.accepted} of ${test.count} accepted, ${test.running} running, ${test.failed} failed …`;
    if (!options.json && said !== told) terminal.note(said);
    told = said;
    await pause(lookEveryMs);
  }
  if (options.cleanUp) test = await client.call('cleanUpLoadTest', { params });
  if (options.json) terminal.json(test);
  else terminal.print(describeLoadTest(test));
  if (test.failed > 0) throw new CommandError(exitCode.failed, `${test.failed} of ${test.count} did not run.`);
}

export function describeLoadTest(test: LoadTest): string {
  const spread = (of: LoadTest['requestMs']) =>
    of ? `p50 ${Math.round(of.p50)} ms, p99 ${Math.round(of.p99)} ms, at most ${Math.round(of.max)} ms` : '-';
  return [
    renderPairs([
      ['Load test', `${test.id}, ${test.state}`],
      ['Tenants', `${test.running} of ${test.count} running, ${test.failed} failed`],
      ['Requests', spread(test.requestMs)],
      ['Until running', spread(test.runningMs)],
      ['All running', test.allRunningMs === null ? '-' : `after ${(test.allRunningMs / 1000).toFixed(1)} s`],
    ]),
    ...test.failures.map(({ tenant, reason, message }) => harmless(`${tenant}: ${reason}. ${message}`)),
    ...(test.remaining > 0 ? [`${test.remaining} tenants remain: clawpool load-test clean ${test.id}`] : []),
  ].join('\n');
}

/** `clawpool load-test list` */
export async function listLoadTests(terminal: Terminal, data: string, { json }: { json: boolean }): Promise<void> {
  const { client } = await connect(data);
  const { loadTests } = await client.call('listLoadTests');
  if (json) return terminal.json({ loadTests });
  if (loadTests.length === 0) return terminal.print('There was none yet.');
  const rows = loadTests.map((test) => [
    test.startedAt,
    test.state,
    String(test.count),
    String(test.failed),
    test.allRunningMs === null ? '-' : `${(test.allRunningMs / 1000).toFixed(1)} s`,
    String(test.remaining),
    test.id,
  ]);
  terminal.print(renderTable(['STARTED', 'STATE', 'TENANTS', 'FAILED', 'ALL RUNNING', 'REMAIN', 'ID'], rows));
}

/** `clawpool load-test clean` */
export async function cleanUpLoadTest(terminal: Terminal, data: string, loadTestId: string): Promise<void> {
  const { client } = await connect(data);
  const test = await client.call('cleanUpLoadTest', { params: { loadTestId } });
  terminal.print(`${test.remaining} tenants are being deleted.`);
}
