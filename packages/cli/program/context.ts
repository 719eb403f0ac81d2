import { type Command, Option } from 'commander';
import { exitCodeHelp } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

/** What every command is built with. */
export interface CommandContext {
  terminal: Terminal;
  /** The data folder that the flag, else the environment, names. */
  dataFolder(flag: string | undefined): string;
}

/** The flags every command has that talks to a running Clawpool. */
export interface CommonFlags {
  data?: string;
  json?: boolean;
}

export const dataOption = () =>
  new Option('--data <dir>', 'data folder (default: $CLAWPOOL_DATA, else .clawpool/data in the checkout)');
export const jsonOption = () => new Option('--json', 'JSON instead of text, for programs');

/** A command that talks to a running Clawpool. */
export function talking(command: Command): Command {
  // A command below has flags of the same names: those after it are its own.
  return command
    .enablePositionalOptions()
    .addOption(dataOption())
    .addOption(jsonOption())
    .addHelpText('after', `\n${exitCodeHelp}`);
}
