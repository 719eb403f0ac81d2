import { join, resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { CommandError } from './connection.ts';
import type { Environment } from './env.ts';
import { exitCode, exitCodeHelp } from './exit-code.ts';
import { defaultDataFolder } from './folders.ts';
import { addBatchCommands } from './program/batch-commands.ts';
import { type CommandContext, dataOption, jsonOption } from './program/context.ts';
import { addPoolCommands } from './program/pool-commands.ts';
import { addTenantCommands } from './program/tenant-commands.ts';
import { wholeNumber } from './program/values.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import { readVersion } from './version.ts';

/** Runs the command line and gives the exit code. Commands are loaded when they are called: none pays for another. */
export async function run(argv: readonly string[], readEnvironment: () => Environment): Promise<number> {
  const plain = createTerminal({ out: process.stdout, err: process.stderr, color: false });
  let terminal = plain;
  try {
    const environment = readEnvironment();
    terminal = createTerminal({ out: process.stdout, err: process.stderr, color: environment.color });
    let code: number = exitCode.ok;
    const program = createProgram(terminal, environment, (value) => {
      code = value;
    });
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return tell(terminal, error);
  }
}

function createProgram(terminal: Terminal, environment: Environment, setCode: (code: number) => void): Command {
  const program = new Command('clawpool')
    .description('Gives every employee their own isolated OpenClaw agent, on machines your organization controls.')
    .usage('<command> [options]')
    .helpOption('-h, --help', 'what a command does and which options it has')
    .helpCommand('help [command]', 'the same')
    .version(readVersion(environment.home), '-V, --version', 'the version')
    .addHelpText(
      'after',
      `\nStart here:\n  clawpool up --demo     with a sample organization to look around in\n  clawpool up            with an empty organization of your own\n\n${exitCodeHelp}`,
    )
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error:/, 'Error:')) })
    .enablePositionalOptions()
    .showHelpAfterError('Try: clawpool --help')
    .exitOverride();

  const dataFolder = (flag: string | undefined) =>
    resolve(flag ?? environment.data ?? defaultDataFolder(environment.home));

  program
    .command('up')
    .summary('start Clawpool here; Ctrl-C stops it')
    .description(
      'Installs what is missing, starts the database, the agents’ host and the console, and prints how to sign in.\nRuns until Ctrl-C, which stops everything in order and loses nothing: messages that wait are answered after the next start.',
    )
    .addOption(dataOption())
    .option('--port <number>', 'port of the console (default: $PORT, else 8099)', wholeNumber(1, 65535))
    .option(
      '--bind <address>',
      'address to listen on (default: 127.0.0.1, this machine only; 0.0.0.0 for every network)',
    )
    .option('--demo', 'seed the sample organization ACME Corp, with people to sign in as')
    .option(
      '--config <file>',
      'configuration file, JSON (see docs/configuration.md); options and environment come before it',
    )
    .option(
      '--unsafe-process-driver',
      'run agents WITHOUT isolation, for development only: they can read everything this user can',
    )
    .addHelpText(
      'after',
      `\nReal models are used when ANTHROPIC_API_KEY, OPENAI_API_KEY (with OPENAI_BASE_URL for any compatible server) or AWS\ncredentials are set; without any, a small demo model answers. DATABASE_URL names a PostgreSQL of your own.\n\n${exitCodeHelp}`,
    )
    .action(async (flags) => {
      const { up } = await import('./commands/up.ts');
      setCode(await up(terminal, environment, flags));
    });

  program
    .command('status')
    .summary('how the running Clawpool is doing')
    .description(
      'Shows address, database, runtime driver and its limits, model, tenants and turns of the running installation.',
    )
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', `\n${exitCodeHelp}`)
    .action(async (options: { data?: string; json?: boolean }) => {
      const { showStatus } = await import('./commands/status.ts');
      await showStatus(terminal, dataFolder(options.data), { json: options.json === true, now: Date.now() });
    });

  const context: CommandContext = { terminal, dataFolder };
  addTenantCommands(program, context);
  addBatchCommands(program, context);
  addPoolCommands(program, context);

  program
    .command('chat')
    .summary('talk to an employee’s agent')
    .description(
      'Opens a playground conversation with the agent of an employee. It is audited, and apart from the employee’s own.\nWith a message (or text piped in) it prints the answer and ends; without, it asks for messages.',
    )
    .argument('<employee>', 'name, e-mail, number or id; a part is enough when it fits one person only')
    .argument('[message]', 'what to say')
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `\nExamples:\n  clawpool chat carol "Who are you?"\n  echo "Run git status" | clawpool chat ryan --json\n\n${exitCodeHelp}`,
    )
    .action(async (employee: string, message: string | undefined, options: { data?: string; json?: boolean }) => {
      const { chat } = await import('./commands/chat.ts');
      await chat(terminal, dataFolder(options.data), {
        employee,
        message,
        json: options.json === true,
        input: process.stdin,
        onInterrupt: (handler) => process.once('SIGINT', handler),
      });
    });

  program
    .command('logs')
    .summary('show what an agent’s runtime wrote')
    .description('Shows the end of a runtime’s output. It contains what the agent said and did: reading it is audited.')
    .argument('<tenant>', 'tenant id, its name or its owner')
    .option('-n, --lines <number>', 'how many lines, 1 to 5000', wholeNumber(1, 5000), 200)
    .option('-f, --follow', 'go on with what is added, until Ctrl-C')
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', `\n${exitCodeHelp}`)
    .action(async (tenant: string, options: { lines: number; follow?: boolean; data?: string; json?: boolean }) => {
      const { showLogs } = await import('./commands/logs.ts');
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort());
      await showLogs(terminal, dataFolder(options.data), {
        tenant,
        lines: options.lines,
        follow: options.follow === true,
        json: options.json === true,
        signal: stop.signal,
      });
    });

  program
    .command('test')
    .summary('run the whole test suite')
    .description(
      'Checks format, types and walls, then runs every test against a real database, real agents and a real browser.\nThe last line is “N passed, N failed”; a skipped test counts as failed.',
    )
    .argument('[filter...]', 'run only the test files whose path contains one of these, without the static checks')
    .addHelpText('after', `\n${exitCodeHelp}`)
    .action(async (filters: string[]) => {
      const { runTests } = await import('./test-command/test-command.ts');
      setCode(await runTests(terminal, environment.home, filters));
    });

  program
    .command('version')
    .summary('print the version')
    .addOption(jsonOption())
    .action((options: { json?: boolean }) => {
      const version = readVersion(environment.home);
      if (options.json) terminal.json({ version, node: process.versions.node, home: join(environment.home) });
      else terminal.print(version);
    });

  return program;
}

/** Shows what went wrong, and what to do, in the person's words; a stack only for what nobody foresaw. */
function tell(terminal: Terminal, error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  if (error instanceof CommandError) {
    terminal.error(error.message, error.hint);
    return error.code;
  }
  const { name, message, code, hint, stack } = error as Error & { code?: string; hint?: string };
  const foreseen = name === 'ClawpoolError' || name === 'ClientError';
  terminal.error(foreseen ? message : (stack ?? String(error)), hint);
  if (code === 'unreachable') return exitCode.notRunning;
  return name === 'ClawpoolError' && code === 'invalid_request' ? exitCode.usage : exitCode.failed;
}
