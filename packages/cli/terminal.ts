/** What the person sees: text on stdout, everything beside the point on stderr, colour only where it is seen as colour. */
import { stripVTControlCharacters } from 'node:util';

export interface Terminal {
  /** One line (or several) of the answer itself. */
  print(text: string): void;
  /** A piece of a line of the answer. */
  write(text: string): void;
  /** A line about the answer: states, warnings. */
  note(text: string): void;
  warn(text: string): void;
  error(message: string, hint?: string): void;
  json(value: unknown): void;
  style: Style;
  /** True where a person looks at stdout. */
  interactive: boolean;
  out: OutputStream;
}

/** What of a stream is used; tests give their own. */
export interface OutputStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

export function createTerminal(options: { out: OutputStream; err: OutputStream; color: boolean }): Terminal {
  const { out, err, color } = options;
  const style = createStyle(color && out.isTTY === true);
  const errorStyle = createStyle(color && err.isTTY === true);
  return {
    print: (text) => out.write(`${text}\n`),
    write: (text) => out.write(text),
    note: (text) => err.write(`${errorStyle.dim(text)}\n`),
    warn: (text) => err.write(`${errorStyle.yellow('Warning:')} ${text}\n`),
    error(message, hint) {
      err.write(`${errorStyle.red('Error:')} ${message}\n`);
      if (hint) err.write(`${hint.replace(/^/gm, '  ')}\n`);
    },
    json: (value) => out.write(`${JSON.stringify(value, null, 2)}\n`),
    style,
    interactive: out.isTTY === true,
    out,
  };
}

function createStyle(color: boolean): Style {
  const paint = (code: number) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33) };
}

/**
 * Text that a tenant wrote, safe for a terminal: escape sequences and other control characters could move the cursor,
 * rename the window or answer in the person's place. Line breaks and tabs stay.
 */
export function harmless(text: string): string {
  return stripVTControlCharacters(text).replace(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '');
}
