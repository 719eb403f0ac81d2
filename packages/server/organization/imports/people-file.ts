import { ClawpoolError, deepestDepartment, employeeEmail, grantableRole, type Role } from '@clawpool/contracts';
import { parse } from 'csv-parse/sync';

/** Columns of a file of people; the first two are needed. */
const columns = ['name', 'email', 'department', 'position', 'number', 'roles', 'contact_for'] as const;
type Column = (typeof columns)[number];

/** One person of a file. Undefined: the file does not say, and an empty cell does not either. */
export interface FileLine {
  /** As a spreadsheet counts: the heading is line 1. */
  line: number;
  name: string;
  email: string;
  /** Names from the top. */
  department: string[] | undefined;
  position: string | undefined;
  number: string | undefined;
  roles: Role[] | undefined;
  contactFor: string[] | undefined;
  /** What is wrong with the line itself. */
  problem: string | null;
}

const mostLines = 10_000;

/**
 * Reads a file of people: UTF-8 with or without a byte-order mark, any line ends, separated by comma, semicolon or tab, cells in quotes where
 * needed, headings in any case. Error: `invalid_request` for what is no such file.
 */
export function readPeopleFile(csv: string): FileLine[] {
  const rows = parsed(csv);
  const [heading, ...lines] = rows;
  if (!heading) throw unreadable('The file is empty.');
  const names = heading.cells.map((cell) =>
    cell
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_')
      .replace(/^e_mail$/, 'email'),
  );
  const unknown = names.filter((name) => name !== '' && !(columns as readonly string[]).includes(name));
  if (unknown.length > 0) throw unreadable(`The column “${unknown[0]}” means nothing here.`);
  const missing = (['name', 'email'] as const).find((name) => !names.includes(name));
  if (missing) throw unreadable(`The column “${missing}” is missing.`);
  const twice = names.find((name, index) => name !== '' && names.indexOf(name) !== index);
  if (twice) throw unreadable(`The column “${twice}” is there twice.`);
  if (lines.length > mostLines)
    throw unreadable(`The file has ${lines.length} people; at most ${mostLines} are taken at once.`);
  return lines.map(({ cells, line }) => {
    const cell = (column: Column) => unescaped(cells[names.indexOf(column)]?.trim() ?? '');
    return toLine(line, cell, cells.length === heading.cells.length);
  });
}

function parsed(csv: string): { line: number; cells: string[] }[] {
  try {
    const records = parse(csv, {
      bom: true,
      delimiter: delimiterOf(csv),
      info: true,
      relax_column_count: true,
      skip_records_with_empty_values: true,
      skip_empty_lines: true,
    }) as unknown as { info: { lines: number }; record: string[] }[];
    return records.map(({ info, record }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    throw unreadable(`The file cannot be read: ${(error as Error).message}.`);
  }
}

/** Excel separates by semicolon where the comma is the decimal sign. */
function delimiterOf(csv: string): string {
  const [first = ''] = csv.replace(/^\uFEFF/, '').split(/\r?\n|\r/, 1);
  const count = (sign: string) => first.split(sign).length;
  return [',', ';', '\t'].sort((a, b) => count(b) - count(a))[0] ?? ',';
}

const unreadable = (message: string) =>
  new ClawpoolError('invalid_request', message, `Use a CSV file with the columns ${columns.join(', ')}.`);

function toLine(line: number, cell: (column: Column) => string, isWhole: boolean): FileLine {
  const given = (column: Column) => cell(column) || undefined;
  const list = (column: Column, separator: RegExp) =>
    given(column)
      ?.split(separator)
      .map((one) => one.trim())
      .filter((one) => one !== '');
  const wanted = list('roles', /[,;|\s]+/)?.map((role) => role.toLowerCase());
  const roles = wanted?.flatMap((role) => grantableRole.safeParse(role).data ?? []);
  const read: Omit<FileLine, 'problem'> = {
    line,
    name: cell('name'),
    email: cell('email').toLowerCase(),
    department: list('department', /\s+\/\s+/),
    position: given('position'),
    number: given('number'),
    roles,
    contactFor: list('contact_for', /[;|]+/),
  };
  return {
    ...read,
    problem: problemOf(
      read,
      isWhole,
      wanted?.find((role) => !grantableRole.safeParse(role).success),
    ),
  };
}

function problemOf(line: Omit<FileLine, 'problem'>, isWhole: boolean, unknownRole: string | undefined): string | null {
  if (!isWhole) return 'The line has more or fewer cells than the heading.';
  if (line.name === '') return 'The name is missing.';
  if (line.name.length > 80) return 'The name is longer than 80 characters.';
  if (line.email === '') return 'The e-mail is missing.';
  if (!employeeEmail.safeParse(line.email).success) return `“${line.email}” is no e-mail address.`;
  if (unknownRole !== undefined) return `There is no role “${unknownRole}” to give.`;
  if ((line.department?.length ?? 0) > deepestDepartment)
    return `A department is at most ${deepestDepartment} levels deep.`;
  if (line.department?.some((name) => name.length > 80)) return 'A department’s name is longer than 80 characters.';
  if ((line.number?.length ?? 0) > 40) return 'The number is longer than 40 characters.';
  if ((line.contactFor?.length ?? 0) > 20 || line.contactFor?.some((topic) => topic.length > 60))
    return 'There are more than 20 topics, or one is longer than 60 characters.';
  return null;
}

/**
 * A file that spreadsheets open as it is: with a byte-order mark, and no cell that they would take for a formula
 * (https://owasp.org/www-community/attacks/CSV_Injection). Read again it is what it was.
 */
export function writePeopleFile(rows: readonly Readonly<Record<Column, string>>[]): string {
  const lines = [
    columns.join(','),
    ...rows.map((row) => columns.map((column) => quoted(escaped(row[column]))).join(',')),
  ];
  return `\uFEFF${lines.join('\r\n')}\r\n`;
}

const formula = /^[=+\-@\t\r]/;
const escaped = (cell: string) => (formula.test(cell) || /^'+[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell);
const unescaped = (cell: string) => (/^'+[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell);
const quoted = (cell: string) => (/[",\r\n;\t]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
