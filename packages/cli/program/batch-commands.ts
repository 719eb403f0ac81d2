import { tenantState } from '@clawpool/contracts';
import { type Command, Option } from 'commander';
import { CommandError } from '../connection.ts';
import { exitCode } from '../exit-code.ts';
import { type CommandContext, type CommonFlags, talking } from './context.ts';
import { given } from './values.ts';

interface BatchFlags extends CommonFlags {
  wait: boolean;
  ids?: string[];
  inState?: string;
  inGroup?: string;
  withTag?: string;
  ofTier?: string;
  image?: string;
  note?: string;
  pin?: boolean;
  skipBackup?: boolean;
  keepData: boolean;
  yes?: boolean;
}

/** `clawpool tenants batch`. */
export function addBatch(
  sub: (usage: string, summary: string) => Command,
  context: CommandContext,
  folder: (command: Command) => string,
  flagsOf: <F>(command: Command) => F,
  noWait: () => Option,
): void {
  sub('batch <operation>', `One operation for many: ${batchKinds.slice(0, -1).join(', ')} or ${batchKinds.at(-1)}`)
    .option('--ids <ids>', 'which, separated by commas', (text: string) => text.split(',').filter(Boolean))
    .addOption(new Option('--in-state <state>', 'all in this state').choices(tenantState.options))
    .option('--in-group <name>', 'all of this group')
    .option('--with-tag <key:value>', 'all with this tag')
    .option('--of-tier <tier>', 'all of this tier')
    .option('--image <id>', 'of a rebuild: which image (default: each one’s own)')
    .option('--note <text>', 'of a backup: why')
    .option('--pin', 'of a backup: retention leaves it alone')
    .option('--skip-backup', 'of a rebuild or a delete: do not back up first')
    .option('--no-keep-data', 'of a delete: remove all checkpoints and backups too: nothing can be restored then')
    .option('--yes', 'do not ask before deleting')
    .addOption(noWait())
    .action(async (kind: string, _flags, command: Command) => {
      const { runBatch } = await import('../commands/tenants/batch.ts');
      const flags = flagsOf<BatchFlags>(command);
      const { ids, inState, inGroup, withTag, ofTier, wait, json } = flags;
      const operation = batchOperation(kind, flags);
      const filter = given({ state: inState, group: inGroup, tag: withTag, tier: ofTier });
      if (kind === 'delete') refuseUnlessMeant(flags.yes === true, ids ?? ['all that fit'], flags.keepData);
      if (!ids && Object.keys(filter).length === 0) {
        throw new CommandError(
          exitCode.usage,
          'Say which tenants.',
          'Give --ids, or one of --in-state, --in-group, --with-tag and --of-tier.',
        );
      }
      const body = { operation, ...(ids ? { ids } : { filter }) };
      await runBatch(context.terminal, folder(command), body as never, { wait, json: json === true });
    });
}

/** `clawpool batches`: those there were, how one goes, and the way back out of one. */
export function addBatchCommands(program: Command, context: CommandContext): void {
  const batches = talking(program.command('batches'))
    .summary('list batches; show one, or call it back')
    .description('Lists the batches, newest first, at most 50, with how far they are.')
    .action(async (flags: CommonFlags) => {
      const { listBatches } = await import('../commands/tenants/batch.ts');
      await listBatches(context.terminal, context.dataFolder(flags.data), { json: flags.json === true });
    });
  const sub = (usage: string, summary: string) =>
    talking(batches.command(usage)).summary(summary).description(`${summary}.`);
  const options = (command: Command) => {
    const { data, json } = command.optsWithGlobals() as CommonFlags;
    return { folder: context.dataFolder(data), json: json === true };
  };
  sub('list', 'List them, newest first').action(async (_flags, command: Command) => {
    const { listBatches } = await import('../commands/tenants/batch.ts');
    const { folder, json } = options(command);
    await listBatches(context.terminal, folder, { json });
  });
  sub('show <batch>', 'Show how one goes, and what failed').action(
    async (batchId: string, _flags, command: Command) => {
      const { showBatch } = await import('../commands/tenants/batch.ts');
      const { folder, json } = options(command);
      await showBatch(context.terminal, folder, { batchId, json });
    },
  );
  sub('cancel <batch>', 'Call one back: what has not begun does not begin, what is under way comes to its end').action(
    async (batchId: string, _flags, command: Command) => {
      const { cancelBatch } = await import('../commands/tenants/batch.ts');
      const { folder, json } = options(command);
      await cancelBatch(context.terminal, folder, { batchId, json });
    },
  );
}

const batchKinds = ['start', 'stop', 'restart', 'hibernate', 'wake', 'backup', 'rebuild', 'delete'];

/** What a batch does, with what its kind can be told; what it cannot be told is a mistake and not left out silently. */
export function batchOperation(kind: string, flags: Partial<BatchFlags>): Record<string, unknown> {
  if (!batchKinds.includes(kind)) {
    throw new CommandError(exitCode.usage, `There is no batch “${kind}”.`, `Choose one of: ${batchKinds.join(', ')}.`);
  }
  const said = given({
    image: flags.image,
    note: flags.note,
    pinned: flags.pin,
    skipBackup: flags.skipBackup,
    keepData: flags.keepData === false ? false : undefined,
  });
  const wrong = Object.keys(said).find((name) => !(toldBy[kind] ?? []).includes(name));
  if (wrong !== undefined) {
    throw new CommandError(exitCode.usage, `A batch of ${kind} takes no ${flagNames[wrong]}.`, 'Leave it out.');
  }
  return { kind, ...said };
}

const toldBy: Readonly<Record<string, readonly string[]>> = {
  backup: ['note', 'pinned'],
  rebuild: ['image', 'skipBackup'],
  delete: ['skipBackup', 'keepData'],
};

const flagNames: Readonly<Record<string, string>> = {
  image: '--image',
  note: '--note',
  pinned: '--pin',
  skipBackup: '--skip-backup',
  keepData: '--no-keep-data',
};

/** Deleting is refused until somebody has said that they mean it. */
export function refuseUnlessMeant(yes: boolean, names: readonly string[], keepData: boolean): void {
  if (yes) return;
  const loss = keepData ? '' : ', with all their checkpoints and backups';
  throw new CommandError(exitCode.usage, `This deletes ${names.join(', ')}${loss}.`, 'Add --yes if you mean it.');
}
