import vm from 'node:vm';
import type { CommandRules } from '@clawpool/contracts';

/** OpenClaw's tools whose arguments are run by a shell or an interpreter, or typed into one that runs. */
export const commandTools: ReadonlySet<string> = new Set(['exec', 'process', 'bash', 'shell', 'code_execution']);

/** Given up after this: everybody's model calls wait meanwhile. Far more than any pattern takes that was let in, on a machine that is busy. */
const matchMs = 1_000;
/** And all patterns together for all commands of one call. */
const callMs = 2_000;
/** Processor time, which a busy machine does not stretch: what a new pattern may take for one of the texts it is tried with, and for all. */
const tried = { cpuMs: 100, allCpuMs: 1_000 } as const;
/** What a model writes in one answer is shorter. */
const longestCommand = 100_000;
/** Texts in one call: a call of a tool that is offered has some few. */
const mostCommands = 200;
/** Length of the texts a pattern is tried with before it is used. */
const triedLength = 4_000;

/**
 * Patterns over commands. They hold back what an agent would do by mistake or because it was told to in so many words; they are no boundary, since a
 * shell can spell a command in more ways than anybody can list (`echo … | base64 -d | sh`). The boundary is the runtime's.
 */
export const commandRules: CommandRules = {
  refusedBy: (commands, patterns) => {
    if (commands.length > mostCommands) return { pattern: '', why: 'it has too many parts to be checked' };
    const length = commands.reduce((sum, command) => sum + command.length, 0);
    if (length > longestCommand) return { pattern: '', why: 'it is too long to be checked' };
    const texts = commands.flatMap(spellings);
    const until = performance.now() + callMs;
    for (const rule of patterns) {
      for (const text of texts) {
        const leftMs = Math.ceil(until - performance.now());
        if (leftMs <= 0) return { pattern: '', why: 'checking it takes too long' };
        if (test(rule.pattern, text, Math.min(matchMs, leftMs)) !== 'no') return rule;
      }
    }
    return null;
  },
  problemOf: (pattern) => {
    try {
      new RegExp(pattern, 'i');
    } catch (error) {
      return `This is no regular expression: ${error instanceof Error ? error.message : String(error)}.`;
    }
    if (test(pattern, '') === 'yes') return 'It fits every command, so nothing could be run.';
    const began = cpuMs();
    const slow = stressTexts(pattern).find((text) => {
      const before = cpuMs();
      return test(pattern, text) === 'too slow' || cpuMs() - before > tried.cpuMs || cpuMs() - began > tried.allCpuMs;
    });
    return slow === undefined
      ? null
      : `It takes too long for some texts, such as many times “${slow.slice(0, 12)}”: avoid a repetition inside a repetition, as in (a+)+.`;
  },
};

/**
 * The texts that a call hands to a shell, and the call's arguments written anew from what was read: whoever reads them next (another parser, with
 * other ideas about doubled keys) sees what was checked. Null: the arguments are no JSON object.
 */
export function commandsOf(argumentsText: string): { commands: string[]; argumentsText: string } | null {
  let value: unknown;
  try {
    value = JSON.parse(argumentsText);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const commands: string[] = [];
  const left: unknown[] = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next === 'string') commands.push(next);
    if (typeof next !== 'object' || next === null) continue;
    const parts = Object.values(next);
    left.push(...parts);
    // `["rm", "-rf", "/"]` is one command.
    if (Array.isArray(next)) commands.push(parts.filter((part) => typeof part === 'string').join(' '));
  }
  return { commands, argumentsText: JSON.stringify(value) };
}

/**
 * The command as it is written, and as a shell reads it once quotes, escapes and joined lines are gone. Each step takes time in proportion to the
 * length: none may look from every opening bracket to the text's end.
 */
function spellings(command: string): string[] {
  const read = command
    .replace(/\\x([0-9a-f]{1,2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll('\0', '')
    .replace(/\\\r?\n/g, '')
    .replace(/\$\{IFS[^{}]*\}|\$IFS(?:\$\d)?/g, ' ')
    .replace(/\$[@*]|\$\(\s*\)/g, '')
    .replace(/\$?["']|[`\\]/g, '')
    .replace(/\{([^{}\s]*)\}/g, (all, words: string) => (words.includes(',') ? words.replaceAll(',', ' ') : all))
    .replace(/\/(?:\.\/)+/g, '/')
    .replace(/[^\S\n]+/g, ' ');
  return [...new Set([command, read])];
}

/** Of this thread so far. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

const context = vm.createContext({ pattern: '', text: '' });
const script = new vm.Script("new RegExp(pattern, 'i').test(text)");

/** Only a `vm` ends a regular expression that does not come to an end. */
function test(pattern: string, text: string, timeout = matchMs): 'yes' | 'no' | 'too slow' {
  Object.assign(context, { pattern, text });
  try {
    return script.runInContext(context, { timeout }) ? 'yes' : 'no';
  } catch {
    // What is no regular expression cannot be checked either: it was written before patterns were looked at.
    return 'too slow';
  }
}

/** Long texts made of what a pattern itself names, which is where one that backtracks too much is caught. */
function stressTexts(pattern: string): string[] {
  const words = pattern.match(/[a-z0-9]+/gi) ?? [];
  const signs = [...new Set(pattern.replace(/[\\a-z0-9]/gi, ''))];
  const pieces = [
    'a',
    '0',
    ' ',
    '-',
    '/',
    'a ',
    ' a',
    ' -a',
    'aA0_',
    ...words,
    ...words.map((word) => `${word} `),
    ...signs,
  ];
  return [...new Set(pieces)].slice(0, 60).flatMap((piece) => {
    const long = piece.repeat(Math.ceil(triedLength / piece.length));
    return [`${long}\n!`, ...(words[0] === undefined ? [] : [`${words[0]} ${long}\n!`])];
  });
}
