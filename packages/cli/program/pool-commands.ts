import { type Command, Option } from 'commander';
import { CommandError } from '../connection.ts';
import { exitCode } from '../exit-code.ts';
import { type CommandContext, type CommonFlags, talking } from './context.ts';
import { given, megabytes, type None, numberOrNone, positiveNumber, wholeNumber, wholeNumberOrNone } from './values.ts';

/** `clawpool pool|backups|templates|skills|load-test`: what an operator keeps the pool with. */
export function addPoolCommands(program: Command, context: CommandContext): void {
  addPool(program, context);
  addBackups(program, context);
  addCatalogue(program, context);
  addLoadTest(program, context);
}

const flagsOf = <F>(command: Command): F => command.optsWithGlobals() as F;
const isJson = (command: Command) => ({ json: flagsOf<CommonFlags>(command).json === true });
const folderOf = (context: CommandContext, command: Command) => context.dataFolder(flagsOf<CommonFlags>(command).data);

/** A command with commands of its own; each of them has its flags too. */
function family(program: Command, name: string, summary: string) {
  const parent = talking(program.command(name)).summary(summary).description(`${summary}.`);
  const sub = (usage: string, does: string) => talking(parent.command(usage)).summary(does).description(`${does}.`);
  return { parent, sub };
}

function addPool(program: Command, context: CommandContext): void {
  const { parent, sub } = family(program, 'pool', 'Show hosts and their room, warm slots, operations and drift');
  parent.action(async (_flags, command: Command) => {
    const { showPool } = await import('../commands/pool/pool.ts');
    await showPool(context.terminal, folderOf(context, command), isJson(command));
  });
  sub('reconcile', 'Compare the ledger with the hosts now').action(async (_flags, command: Command) => {
    const { reconcilePool } = await import('../commands/pool/pool.ts');
    await reconcilePool(context.terminal, folderOf(context, command), isJson(command));
  });
  sub('warm-slots <tier>', 'Set bounds for a tier’s warm slots; between them their number follows demand')
    .requiredOption('--min <number>', 'at least so many', wholeNumber(0, 1000))
    .requiredOption('--max <number>', 'at most so many', wholeNumber(0, 1000))
    .action(async (tier: string, _flags, command: Command) => {
      const { setWarmSlots } = await import('../commands/pool/pool.ts');
      const { min: minimum, max: maximum } = flagsOf<{ min: number; max: number }>(command);
      await setWarmSlots(context.terminal, folderOf(context, command), { tier, minimum, maximum, ...isJson(command) });
    });
  sub('quotas', 'Show what the organization may use and uses; with flags, change it (none: no limit)')
    .option('--tenants <number>', 'tenants', wholeNumberOrNone)
    .option('--running <number>', 'tenants that run at once', wholeNumberOrNone)
    .option('--cpus-per-tenant <number>', 'cores of one tenant', numberOrNone)
    .option('--memory-per-tenant <MiB>', 'memory of one tenant', wholeNumberOrNone)
    .option('--disk-per-tenant <MiB>', 'disk of one tenant', wholeNumberOrNone)
    .option('--total-cpus <number>', 'cores of all tenants', numberOrNone)
    .option('--total-memory <MiB>', 'memory of all tenants', wholeNumberOrNone)
    .option('--total-disk <MiB>', 'disk of all tenants', wholeNumberOrNone)
    .action(async (_flags, command: Command) => {
      const { showQuotas } = await import('../commands/pool/pool.ts');
      const flags = flagsOf<Record<string, number | None | undefined>>(command);
      const changes = given({
        tenants: flags.tenants,
        runningTenants: flags.running,
        cpusPerTenant: flags.cpusPerTenant,
        memoryMegabytesPerTenant: flags.memoryPerTenant,
        diskMegabytesPerTenant: flags.diskPerTenant,
        totalCpus: flags.totalCpus,
        totalMemoryMegabytes: flags.totalMemory,
        totalDiskMegabytes: flags.totalDisk,
      });
      await showQuotas(context.terminal, folderOf(context, command), changes, isJson(command));
    });
}

function addBackups(program: Command, context: CommandContext): void {
  const { parent, sub } = family(
    program,
    'backups',
    'List checkpoints and backups, newest first, deleted tenants’ too',
  );
  parent
    .option('--tenant <id>', 'only this tenant’s')
    .option('--all', 'automatic checkpoints too')
    .option('--orphans', 'only those of deleted tenants')
    .option('--search <text>', 'only those whose tenant or note has this text')
    .addOption(new Option('-n, --limit <number>', 'how many').default(50).argParser(wholeNumber(1, 100_000)))
    .action(async (_flags, command: Command) => {
      const { listBackups } = await import('../commands/pool/backups.ts');
      const { tenant, all, orphans, search, limit } = flagsOf<{
        tenant?: string;
        all?: boolean;
        orphans?: boolean;
        search?: string;
        limit: number;
      }>(command);
      const query = given({
        tenantId: tenant,
        search,
        backups: all ? undefined : 'true',
        orphans: orphans ? 'true' : undefined,
      });
      await listBackups(context.terminal, folderOf(context, command), { query, limit, ...isJson(command) });
    });
  sub('change <checkpoint>', 'Pin one, make it a backup, or note why it is there')
    .option('--pin', 'retention leaves it alone')
    .option('--unpin', 'retention may take it')
    .option('--keep', 'make a checkpoint a backup')
    .option('--note <text>', 'why it is there')
    .action(async (checkpoint: string, _flags, command: Command) => {
      const { changeBackup } = await import('../commands/pool/backups.ts');
      const { pin, unpin, keep, note } = flagsOf<{ pin?: boolean; unpin?: boolean; keep?: boolean; note?: string }>(
        command,
      );
      const body = given({ pinned: pin ? true : unpin ? false : undefined, backup: keep, note });
      await changeBackup(context.terminal, folderOf(context, command), checkpoint, body, isJson(command));
    });
  sub('verify <checkpoint>', 'Read everything it consists of and compare the hashes').action(
    async (checkpoint: string, _flags, command: Command) => {
      const { verifyBackup } = await import('../commands/pool/backups.ts');
      await verifyBackup(context.terminal, folderOf(context, command), checkpoint, isJson(command));
    },
  );
  sub('export <checkpoint> <file>', 'Write one as a single file; it contains what the agent knows')
    .option('--force', 'replace the file')
    .action(async (checkpointId: string, file: string, _flags, command: Command) => {
      const { exportBackup } = await import('../commands/pool/backups.ts');
      const { force } = flagsOf<{ force?: boolean }>(command);
      await exportBackup(context.terminal, folderOf(context, command), { checkpointId, file, force: force === true });
    });
  sub('import <file>', 'Take in an exported file, to be restored into a new tenant').action(
    async (file: string, _flags, command: Command) => {
      const { importBackup } = await import('../commands/pool/backups.ts');
      await importBackup(context.terminal, folderOf(context, command), file, isJson(command));
    },
  );
  sub('delete <checkpoint>', 'Remove one; neither a pinned one nor the newest of a living tenant')
    .option('--yes', 'do not ask')
    .action(async (checkpoint: string, _flags, command: Command) => {
      if (!flagsOf<{ yes?: boolean }>(command).yes) {
        throw new CommandError(exitCode.usage, `This removes ${checkpoint} for good.`, 'Add --yes if you mean it.');
      }
      const { deleteBackup } = await import('../commands/pool/backups.ts');
      await deleteBackup(context.terminal, folderOf(context, command), checkpoint);
    });
  sub('retention', 'Show how long they are kept; with flags, change it')
    .option('--days <number>', 'backups', wholeNumber(1, 3650))
    .option('--backups <number>', 'at most so many backups of a tenant', wholeNumber(1, 10_000))
    .option('--checkpoints <number>', 'other checkpoints of a tenant', wholeNumber(1, 1000))
    .option('--every <hours>', 'a changed tenant is backed up; 0: never by itself', wholeNumber(0, 8760))
    .action(async (_flags, command: Command) => {
      const { showRetention } = await import('../commands/pool/backups.ts');
      const flags = flagsOf<Record<'days' | 'backups' | 'checkpoints' | 'every', number | undefined>>(command);
      const changes = given({
        days: flags.days,
        backupsPerTenant: flags.backups,
        checkpointsPerTenant: flags.checkpoints,
        backupEveryHours: flags.every,
      });
      await showRetention(context.terminal, folderOf(context, command), changes, isJson(command));
    });
  sub('collect', 'Apply retention and remove what nothing refers to, now').action(async (_flags, command: Command) => {
    const { collectBlobs } = await import('../commands/pool/backups.ts');
    await collectBlobs(context.terminal, folderOf(context, command), isJson(command));
  });
}

function addCatalogue(program: Command, context: CommandContext): void {
  const templates = family(program, 'templates', 'List the configuration templates for new tenants');
  templates.parent.action(async (_flags, command: Command) => {
    const { listTemplates } = await import('../commands/pool/catalogue.ts');
    await listTemplates(context.terminal, folderOf(context, command), isJson(command));
  });
  templates
    .sub('show <name>', 'Print its newest content as JSON')
    .action(async (name: string, _flags, command: Command) => {
      const { showTemplate } = await import('../commands/pool/catalogue.ts');
      await showTemplate(context.terminal, folderOf(context, command), name);
    });
  templates
    .sub('put <name> <file>', 'Make one of a JSON file, or its next version')
    .action(async (name: string, file: string, _flags, command: Command) => {
      const { putTemplate } = await import('../commands/pool/catalogue.ts');
      await putTemplate(context.terminal, folderOf(context, command), { name, file, ...isJson(command) });
    });
  templates
    .sub('delete <name>', 'Remove one that no tenant uses')
    .action(async (name: string, _flags, command: Command) => {
      const { deleteTemplate } = await import('../commands/pool/catalogue.ts');
      await deleteTemplate(context.terminal, folderOf(context, command), name);
    });

  const skills = family(program, 'skills', 'List the organization’s skills and groups of skills');
  skills.parent.action(async (_flags, command: Command) => {
    const { listSkills } = await import('../commands/pool/catalogue.ts');
    await listSkills(context.terminal, folderOf(context, command), isJson(command));
  });
  skills
    .sub('put <name> <file>', 'Add a skill, or replace it: the file is its SKILL.md')
    .action(async (name: string, file: string, _flags, command: Command) => {
      const { putSkill } = await import('../commands/pool/catalogue.ts');
      await putSkill(context.terminal, folderOf(context, command), { name, file, ...isJson(command) });
    });
  skills
    .sub('delete <name>', 'Remove a skill that nothing names')
    .action(async (name: string, _flags, command: Command) => {
      const { deleteSkill } = await import('../commands/pool/catalogue.ts');
      await deleteSkill(context.terminal, folderOf(context, command), name);
    });
  skills
    .sub('group <name> [skills...]', 'Make a group of skills, or change it; without skills it is removed')
    .option('--description <text>', 'what it is for', '')
    .action(async (name: string, members: string[], _flags, command: Command) => {
      const { putSkillGroup } = await import('../commands/pool/catalogue.ts');
      const { description } = flagsOf<{ description: string }>(command);
      await putSkillGroup(context.terminal, folderOf(context, command), { name, skills: members, description });
    });
}

function addLoadTest(program: Command, context: CommandContext): void {
  const { parent, sub } = family(program, 'load-test', 'List load tests: many tenants made at once, for real');
  parent.action(async (_flags, command: Command) => {
    const { listLoadTests } = await import('../commands/pool/load-test.ts');
    await listLoadTests(context.terminal, folderOf(context, command), isJson(command));
  });
  sub('run <count>', 'Make that many tenants at once and wait until they run')
    .option('--tier <tier>', 'runtime profile')
    .option('--image <id>', 'for example openclaw-2026.3.24')
    .option('--cpus <number>', 'cores of each', positiveNumber)
    .option('--memory <size>', 'memory of each, for example 1G', megabytes)
    .option('--clean', 'delete them again when all are running')
    .action(async (count: string, _flags, command: Command) => {
      const { runLoadTest } = await import('../commands/pool/load-test.ts');
      const { tier, image, cpus, memory, clean } = flagsOf<{
        tier?: string;
        image?: string;
        cpus?: number;
        memory?: number;
        clean?: boolean;
      }>(command);
      const body = { count: wholeNumber(1, 500)(count), ...given({ tier, image, cpus, memoryMegabytes: memory }) };
      await runLoadTest(context.terminal, folderOf(context, command), {
        body,
        cleanUp: clean === true,
        ...isJson(command),
      });
    });
  sub('clean <id>', 'Delete every tenant a load test made').action(async (id: string, _flags, command: Command) => {
    const { cleanUpLoadTest } = await import('../commands/pool/load-test.ts');
    await cleanUpLoadTest(context.terminal, folderOf(context, command), id);
  });
}
