import { tenantState } from '@clawpool/contracts';
import { type Command, Option } from 'commander';
import { addBatch, refuseUnlessMeant } from './batch-commands.ts';
import { type CommandContext, type CommonFlags, talking } from './context.ts';
import { collected, given, hoursOrNone, instant, megabytes, office, positiveNumber, tag } from './values.ts';

type OutputFlags = CommonFlags & { wait: boolean };
const outputOf = ({ wait, json }: OutputFlags) => ({ wait, json: json === true });

/** `clawpool tenants …`: the list, and everything that can be done to one. */
export function addTenantCommands(program: Command, context: CommandContext): void {
  const tenants = talking(program.command('tenants'))
    .summary('list the agents and their state; make, start, stop, back up … them')
    .description('Lists the tenants: whose agent it is, its tier, its state and its memory.')
    .addOption(new Option('--state <state>', 'only those in this state').choices(tenantState.options))
    .option('--group <name>', 'only those of this group')
    .option('--tag <key:value>', 'only those with this tag')
    .option('--tier <tier>', 'only those of this tier')
    .option('--search <words>', 'only those in whose id, name, owner, position, image or tags each word occurs')
    .option('--deleted', 'deleted ones instead')
    .action(
      async (
        flags: CommonFlags & Record<'state' | 'group' | 'tag' | 'tier' | 'search', never> & { deleted?: boolean },
      ) => {
        const { listTenants } = await import('../commands/tenants/list.ts');
        const { state, group, tag, tier, search, deleted } = flags;
        const query = given({ state, group, tag, tier, search, deleted: deleted ? 'true' : undefined });
        await listTenants(context.terminal, context.dataFolder(flags.data), {
          query,
          json: flags.json === true,
          now: Date.now(),
        });
      },
    );

  /** Below the list's own flags: `clawpool tenants show X --json` is the same as `clawpool tenants --json show X`. */
  const sub = (usage: string, summary: string) =>
    talking(tenants.command(usage)).summary(summary).description(`${summary}.`);
  const flagsOf = <F>(command: Command): F => command.optsWithGlobals() as F;
  const folder = (command: Command) => context.dataFolder(flagsOf<CommonFlags>(command).data);
  const noWait = () => new Option('--no-wait', 'end as soon as it is accepted, with its id');
  const skipBackup = () => new Option('--skip-backup', 'do not back up first');

  sub('show <tenant>', 'Show everything known of one').action(async (tenant: string, _flags, command: Command) => {
    const { showTenant } = await import('../commands/tenants/show.ts');
    const { json } = flagsOf<CommonFlags>(command);
    await showTenant(context.terminal, folder(command), { tenant, json: json === true, now: Date.now() });
  });
  sub('operations <tenant>', 'Show what was done to one, newest first').action(
    async (tenant: string, _flags, command: Command) => {
      const { listOperations } = await import('../commands/tenants/show.ts');
      await listOperations(context.terminal, folder(command), {
        tenant,
        json: flagsOf<CommonFlags>(command).json === true,
      });
    },
  );

  addMaking(sub, context, folder, flagsOf, noWait);

  for (const [kind, summary] of [
    ['start', 'Start them'],
    ['stop', 'Stop them; a message does not wake a stopped one'],
    ['restart', 'Stop and start them'],
    ['hibernate', 'Free their memory; the next message wakes them'],
    ['wake', 'Start hibernated ones before a message does'],
    ['pause', 'Freeze them in memory; messages wait'],
    ['resume', 'Thaw paused ones'],
  ] as const) {
    sub(`${kind} <tenant...>`, summary)
      .addOption(noWait())
      .action(async (names: string[], _flags, command: Command) => {
        const { operateTenants } = await import('../commands/tenants/operate.ts');
        const output = outputOf(flagsOf(command));
        await operateTenants(context.terminal, folder(command), names, { kind }, output);
      });
  }

  sub('reset <tenant...>', 'Put their runtime back to new; files, memory and conversations stay')
    .addOption(skipBackup())
    .addOption(noWait())
    .action(async (names: string[], _flags, command: Command) => {
      const { operateTenants } = await import('../commands/tenants/operate.ts');
      const flags = flagsOf<OutputFlags & { skipBackup?: boolean }>(command);
      const request = { kind: 'reset' as const, ...given({ skipBackup: flags.skipBackup }) };
      await operateTenants(context.terminal, folder(command), names, request, outputOf(flags));
    });
  sub('rebuild <tenant...>', 'Move them to another image, or the newest of their tier')
    .option('--image <id>', 'for example openclaw-2026.3.24')
    .option('--template <name>', 'configuration template from now on; none takes it away')
    .addOption(skipBackup())
    .addOption(noWait())
    .action(async (names: string[], _flags, command: Command) => {
      const { operateTenants } = await import('../commands/tenants/operate.ts');
      const flags = flagsOf<OutputFlags & { image?: string; template?: string; skipBackup?: boolean }>(command);
      const { image, skipBackup } = flags;
      const configTemplate = flags.template === 'none' ? null : flags.template;
      const request = { kind: 'rebuild' as const, ...given({ image, configTemplate, skipBackup }) };
      await operateTenants(context.terminal, folder(command), names, request, outputOf(flags));
    });
  sub('resize <tenant>', 'Change what one may use; CPU and memory at once, without a restart')
    .option('--cpus <number>', 'cores, may be fractional', positiveNumber)
    .option('--memory <size>', 'for example 2G', megabytes)
    .option('--disk <size>', 'for example 4G', megabytes)
    .addOption(noWait())
    .action(async (tenant: string, _flags, command: Command) => {
      const { operateTenants } = await import('../commands/tenants/operate.ts');
      const flags = flagsOf<OutputFlags & Resources>(command);
      const request = { kind: 'resize' as const, ...resourcesOf(flags) };
      await operateTenants(context.terminal, folder(command), [tenant], request, outputOf(flags));
    });
  sub('backup <tenant...>', 'Back them up')
    .option('--note <text>', 'why', '')
    .option('--pin', 'retention leaves it alone')
    .addOption(noWait())
    .action(async (names: string[], _flags, command: Command) => {
      const { operateTenants } = await import('../commands/tenants/operate.ts');
      const flags = flagsOf<OutputFlags & { note: string; pin?: boolean }>(command);
      const request = { kind: 'backup' as const, note: flags.note, pinned: flags.pin === true };
      await operateTenants(context.terminal, folder(command), names, request, outputOf(flags));
    });
  sub('restore <tenant>', 'Put back the files of a checkpoint; the present ones are backed up first')
    .option('--from <checkpoint>', 'which; `clawpool backups` lists them (default: its newest)')
    .option('--at <time>', 'the newest one at or before this time', instant)
    .addOption(skipBackup())
    .addOption(noWait())
    .action(async (tenant: string, _flags, command: Command) => {
      const { restoreTenant } = await import('../commands/tenants/restore.ts');
      const flags = flagsOf<OutputFlags & { from?: string; at?: string; skipBackup?: boolean }>(command);
      const from = given({ checkpointId: flags.from, at: flags.at, skipBackup: flags.skipBackup });
      await restoreTenant(context.terminal, folder(command), tenant, from, outputOf(flags));
    });
  sub('clone <tenant> <name>', 'Make a new tenant with the files one has now')
    .option('--no-start', 'leave it hibernated')
    .addOption(noWait())
    .action(async (tenant: string, name: string, _flags, command: Command) => {
      const { operateTenants } = await import('../commands/tenants/operate.ts');
      const flags = flagsOf<OutputFlags & { start: boolean }>(command);
      const request = { kind: 'clone' as const, name, start: flags.start };
      await operateTenants(context.terminal, folder(command), [tenant], request, outputOf(flags));
    });
  sub('migrate <tenant> <host>', 'Move one to another host, with its files')
    .addOption(noWait())
    .action(async (tenant: string, host: string, _flags, command: Command) => {
      const { operateTenants } = await import('../commands/tenants/operate.ts');
      const output = outputOf(flagsOf(command));
      await operateTenants(context.terminal, folder(command), [tenant], { kind: 'migrate', host }, output);
    });
  sub('delete <tenant...>', 'Delete them; they are backed up first, and the backup can be restored into a new one')
    .option('--yes', 'do not ask')
    .option('--skip-backup', 'do not back up first')
    .option('--no-keep-data', 'remove all their checkpoints and backups too: nothing can be restored then')
    .addOption(noWait())
    .action(async (names: string[], _flags, command: Command) => {
      const flags = flagsOf<OutputFlags & { yes?: boolean; skipBackup?: boolean; keepData: boolean }>(command);
      refuseUnlessMeant(flags.yes === true, names, flags.keepData);
      const { operateTenants } = await import('../commands/tenants/operate.ts');
      const request = { kind: 'delete' as const, keepData: flags.keepData, skipBackup: flags.skipBackup === true };
      await operateTenants(context.terminal, folder(command), names, request, outputOf(flags));
    });

  addBatch(sub, context, folder, flagsOf, noWait);
}

interface Resources {
  cpus?: number;
  memory?: number;
  disk?: number;
}

const resourcesOf = ({ cpus, memory, disk }: Resources) =>
  given({ cpus, memoryMegabytes: memory, diskMegabytes: disk });

interface MakingFlags extends OutputFlags, Resources {
  tier?: string;
  template?: string;
  employee?: string;
  image?: string;
  group?: string;
  tag?: Record<string, string>;
  skill?: string[];
  skillGroup?: string[];
  ttl?: ReturnType<typeof hoursOrNone>;
  onExpiry?: 'stop' | 'delete';
  timetable?: ReturnType<typeof office>;
  host?: string;
  restoreFrom?: string;
  cloneFrom?: string;
  start: boolean;
  token?: string;
  name?: string;
}

/** `create` and `set`, which share what a tenant is described with. */
function addMaking(
  sub: (usage: string, summary: string) => Command,
  context: CommandContext,
  folder: (command: Command) => string,
  flagsOf: <F>(command: Command) => F,
  noWait: () => Option,
): void {
  const described = (command: Command) =>
    command
      .option('--group <name>', 'group it belongs to')
      .option('--tag <key:value>', 'a tag; may be given several times', tag)
      .option('--skill <name>', 'a skill; may be given several times', collected)
      .option('--skill-group <name>', 'a group of skills; may be given several times', collected)
      .option('--ttl <hours>', 'hours from now until it expires; none: never', hoursOrNone)
      .addOption(new Option('--on-expiry <what>', 'what happens then').choices(['stop', 'delete']))
      .option(
        '--timetable <hours>',
        'office hours, for example "09:00-18:00 mon,tue Europe/Berlin"; none: always',
        office,
      );

  described(sub('create <name>', 'Make a tenant; what is not given comes from its template, then from its tier'))
    .option('--tier <tier>', 'runtime profile')
    .option('--template <name>', 'configuration template')
    .option('--employee <id>', 'whose agent it is (default: nobody’s in particular)')
    .option('--image <id>', 'for example openclaw-2026.3.24')
    .option('--cpus <number>', 'cores, may be fractional', positiveNumber)
    .option('--memory <size>', 'for example 2G', megabytes)
    .option('--disk <size>', 'for example 4G', megabytes)
    .option('--host <id>', 'where it should run')
    .option('--restore-from <checkpoint>', 'begin with the files of a checkpoint; its tenant may be gone')
    .option('--clone-from <tenant>', 'begin with the files a tenant has now')
    .option('--token <text>', 'makes it safe to run the command again: the same token makes one tenant')
    .option('--no-start', 'leave it hibernated')
    .addOption(noWait())
    .action(async (name: string, _flags, command: Command) => {
      const { createTenant } = await import('../commands/tenants/create.ts');
      const flags = flagsOf<MakingFlags>(command);
      const body = {
        name,
        start: flags.start,
        ...given({
          clientToken: flags.token,
          tier: flags.tier,
          configTemplate: flags.template,
          employeeId: flags.employee,
          image: flags.image,
          preferredHost: flags.host,
          cloneFrom: flags.cloneFrom,
          restoreFrom: flags.restoreFrom === undefined ? undefined : { checkpointId: flags.restoreFrom },
        }),
        ...resourcesOf(flags),
        ...descriptionOf(flags),
      };
      await createTenant(context.terminal, folder(command), body, outputOf(flags));
    });

  described(sub('set <tenant>', 'Change its name, group, tags, skills, expiry or timetable; only what is given'))
    .option('--name <name>', 'a new name')
    .action(async (tenant: string, _flags, command: Command) => {
      const { changeTenant } = await import('../commands/tenants/create.ts');
      const flags = flagsOf<MakingFlags>(command);
      const body = { ...given({ name: flags.name }), ...descriptionOf(flags) };
      await changeTenant(context.terminal, folder(command), tenant, body, { json: flags.json === true });
    });
}

const descriptionOf = (flags: MakingFlags) =>
  given({
    group: flags.group,
    tags: flags.tag,
    skills: flags.skill,
    skillGroups: flags.skillGroup,
    ttlHours: flags.ttl,
    onExpiry: flags.onExpiry,
    timetable: flags.timetable,
  });
