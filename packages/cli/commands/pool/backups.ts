import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { CallInput } from '@clawpool/client';
import type { Checkpoint } from '@clawpool/contracts';
import { CommandError, connect } from '../../connection.ts';
import { exitCode } from '../../exit-code.ts';
import { formatBytes, renderPairs, renderTable } from '../../table.ts';
import { harmless, type Terminal } from '../../terminal.ts';

type BackupQuery = Omit<NonNullable<CallInput<'listCheckpoints'>['query']>, 'before' | 'limit'>;

/** `clawpool backups`: newest first, at most `limit`. */
export async function listBackups(
  terminal: Terminal,
  data: string,
  options: { query: BackupQuery; limit: number; json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  const found: Checkpoint[] = [];
  let before: string | undefined;
  do {
    const limit = Math.min(200, options.limit - found.length);
    const page = await client.call('listCheckpoints', { query: { ...options.query, before, limit } });
    found.push(...page.checkpoints);
    before = page.next ?? undefined;
  } while (before !== undefined && found.length < options.limit);
  if (options.json) terminal.json({ checkpoints: found });
  else if (found.length === 0) terminal.print('There is none.');
  else terminal.print(describeBackups(found));
}

export function describeBackups(checkpoints: readonly Checkpoint[]): string {
  const rows = checkpoints.map((checkpoint) => [
    checkpoint.createdAt,
    `${checkpoint.tenantName} (${checkpoint.tenantId})${checkpoint.orphan ? ', deleted' : ''}`,
    checkpoint.cause,
    checkpoint.pinned ? 'pinned' : checkpoint.backup ? 'backup' : 'checkpoint',
    `${checkpoint.files} files, ${formatBytes(checkpoint.bytes)}`,
    checkpoint.expiresAt ?? 'kept',
    checkpoint.id,
    checkpoint.note,
  ]);
  return renderTable(
    ['TAKEN', 'TENANT', 'CAUSE', 'KIND', 'SIZE', 'UNTIL', 'ID', 'NOTE'],
    rows.map((row) => row.map(harmless)),
  );
}

/** `clawpool backups pin|unpin|note` */
export async function changeBackup(
  terminal: Terminal,
  data: string,
  checkpointId: string,
  body: NonNullable<CallInput<'changeCheckpoint'>['body']>,
  { json }: { json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  const checkpoint = await client.call('changeCheckpoint', { params: { checkpointId }, body });
  if (json) terminal.json(checkpoint);
  else terminal.print(describeBackups([checkpoint]));
}

/** `clawpool backups delete` */
export async function deleteBackup(terminal: Terminal, data: string, checkpointId: string): Promise<void> {
  const { client } = await connect(data);
  await client.call('deleteCheckpoint', { params: { checkpointId } });
  terminal.print(`${checkpointId}: deleted`);
}

/** `clawpool backups verify`: ends with 1 when anything of it is missing or damaged. */
export async function verifyBackup(
  terminal: Terminal,
  data: string,
  checkpointId: string,
  { json }: { json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  const result = await client.call('verifyCheckpoint', { params: { checkpointId } });
  if (json) terminal.json(result);
  else {
    for (const { path, problem } of result.problems) terminal.print(harmless(`${problem}: ${path}`));
    terminal.print(
      `${result.files} files, ${formatBytes(result.bytes)}: ${result.ok ? 'every hash is right' : 'NOT whole'}`,
    );
  }
  if (!result.ok) {
    throw new CommandError(
      exitCode.failed,
      `${checkpointId} is not whole.`,
      'Restore an earlier one: clawpool backups',
    );
  }
}

/** `clawpool backups export`: into a file that appears when it is whole. */
export async function exportBackup(
  terminal: Terminal,
  data: string,
  options: { checkpointId: string; file: string; force: boolean },
): Promise<void> {
  const { client } = await connect(data);
  const { checkpointId, file } = options;
  if (!options.force && (await stat(file).catch(() => null))) {
    throw new CommandError(exitCode.failed, `${file} exists.`, 'Choose another name, or give --force.');
  }
  const unfinished = `${file}.part`;
  try {
    const { body } = await client.download('exportCheckpoint', { params: { checkpointId } });
    if (!body) throw new CommandError(exitCode.failed, 'The backup came without content.', 'Try again.');
    await pipeline(Readable.fromWeb(body), createWriteStream(unfinished, { mode: 0o600 }));
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
  terminal.print(`${file}: ${formatBytes((await stat(file)).size)}`);
}

/** `clawpool backups import`: what it holds can then be restored into a new tenant. */
export async function importBackup(
  terminal: Terminal,
  data: string,
  file: string,
  { json }: { json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  if (!(await stat(file).catch(() => null))?.isFile()) {
    throw new CommandError(
      exitCode.usage,
      `${file} is no file.`,
      'Name one that `clawpool backups export` has written.',
    );
  }
  const checkpoint = await client.upload('importCheckpoint', {}, Readable.toWeb(createReadStream(file)));
  if (json) terminal.json(checkpoint);
  else {
    terminal.print(describeBackups([checkpoint]));
    terminal.note(`Make a tenant of it: clawpool tenants create NAME --restore-from ${checkpoint.id}`);
  }
}

/** `clawpool backups retention`: shows it, changed where anything was given. */
export async function showRetention(
  terminal: Terminal,
  data: string,
  changes: Partial<NonNullable<CallInput<'setRetention'>['body']>>,
  { json }: { json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  const present = await client.call('retention');
  const changed = Object.keys(changes).length > 0;
  const retention = changed ? await client.call('setRetention', { body: { ...present, ...changes } }) : present;
  if (json) return terminal.json(retention);
  terminal.print(
    renderPairs([
      ['Backups are kept', `${retention.days} days, at most ${retention.backupsPerTenant} of a tenant`],
      ['Other checkpoints', `the newest ${retention.checkpointsPerTenant} of a tenant`],
      [
        'By itself',
        retention.backupEveryHours === 0
          ? 'nothing is backed up'
          : `a changed tenant is backed up every ${retention.backupEveryHours} hours`,
      ],
    ]),
  );
}

/** `clawpool backups collect` */
export async function collectBlobs(terminal: Terminal, data: string, { json }: { json: boolean }): Promise<void> {
  const { client } = await connect(data);
  const removed = await client.call('collectBlobs');
  if (json) terminal.json(removed);
  else {
    terminal.print(
      `Removed ${removed.checkpoints} checkpoints and ${removed.blobs} blobs: ${formatBytes(removed.bytes)} are free again.`,
    );
  }
}
