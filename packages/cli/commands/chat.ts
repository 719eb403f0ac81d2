import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import type { Client } from '@clawpool/client';
import type { Employee, Turn } from '@clawpool/contracts';
import { CommandError, connect } from '../connection.ts';
import { exitCode } from '../exit-code.ts';
import { harmless, type Terminal } from '../terminal.ts';
import { type Answer, ask } from './answer.ts';
import { searchEmployee } from './employee-search.ts';

export interface ChatOptions {
  employee: string;
  /** One message, then the end. Without it the input is read: piped text is one message, a person is asked for many. */
  message: string | undefined;
  json: boolean;
  input: Readable & { isTTY?: boolean };
  /** Called with what Ctrl-C is to do from now on. */
  onInterrupt(handler: () => void): void;
}

/** `clawpool chat`: a playground conversation with an employee's agent. It is audited; the employee's own conversations stay theirs. */
export async function chat(terminal: Terminal, data: string, options: ChatOptions): Promise<void> {
  const { client } = await connect(data);
  const { employees } = await client.call('listEmployees');
  const employee = requireEmployee(employees, options.employee);
  const message = options.message ?? (options.input.isTTY ? undefined : (await readAll(options.input)).trim());
  if (message === '')
    throw new CommandError(exitCode.usage, 'The message is empty.', 'Give it as the last argument, or pipe it in.');
  if (message === undefined && options.json) {
    throw new CommandError(
      exitCode.usage,
      '--json answers one message.',
      'Give the message as the last argument, or pipe it in.',
    );
  }
  const { id } = await client.call('startConversation', { body: { employeeId: employee.id } });
  if (message === undefined) await converse(terminal, client, id, employee, options);
  else await askOnce(terminal, client, id, message, options);
}

function requireEmployee(employees: readonly Employee[], wanted: string): Employee {
  const search = searchEmployee(employees, wanted);
  if (search.found) return search.found;
  const list = search.closest.map(({ name, email, position }) => `${name} <${email}>, ${position}`).join('\n');
  if (search.ambiguous) {
    throw new CommandError(exitCode.usage, `“${wanted}” fits several employees. Which one?`, list);
  }
  throw new CommandError(
    exitCode.usage,
    `No employee is called “${wanted}”.`,
    list ? `Did you mean:\n${list}` : 'clawpool tenants lists everybody who has an agent.',
  );
}

async function askOnce(
  terminal: Terminal,
  client: Client,
  conversationId: string,
  message: string,
  options: ChatOptions,
): Promise<void> {
  const stop = new AbortController();
  options.onInterrupt(() => stop.abort());
  // An answer that may start again is streamed to a person only; a program gets it whole.
  const live = terminal.interactive && !options.json;
  const answer = await askAloud(terminal, client, conversationId, message, live, stop.signal);
  if (options.json) terminal.json({ conversationId, text: answer.text, turn: answer.turn });
  else if (!live && answer.text !== null) terminal.print(harmless(answer.text));
  requireAnswered(answer);
}

async function converse(
  terminal: Terminal,
  client: Client,
  conversationId: string,
  employee: Employee,
  options: ChatOptions,
): Promise<void> {
  terminal.note(`Talking to ${employee.name}'s agent. Ctrl-C stops an answer, Ctrl-D ends.`);
  const prompt = createInterface({ input: options.input, output: process.stdout, terminal: true });
  const ended = new AbortController();
  prompt.once('close', () => ended.abort());
  let stop: AbortController | null = null;
  prompt.on('SIGINT', () => (stop ? stop.abort() : prompt.close()));
  while (!ended.signal.aborted) {
    const line = await prompt.question(`${terminal.style.bold('you>')} `, { signal: ended.signal }).catch(() => '');
    if (line.trim() === '') continue;
    stop = new AbortController();
    try {
      const answer = await askAloud(terminal, client, conversationId, line, true, stop.signal);
      if (answer.turn.state === 'stopped') terminal.note('stopped');
      else if (answer.turn.state === 'failed') terminal.error(reasonOf(answer.turn), answer.turn.hint ?? undefined);
    } catch (error) {
      // A refused message (too long, for example) does not end the conversation.
      terminal.error((error as Error).message, (error as { hint?: string }).hint);
    }
    stop = null;
  }
}

function askAloud(
  terminal: Terminal,
  client: Client,
  conversationId: string,
  message: string,
  live: boolean,
  signal: AbortSignal,
): Promise<Answer> {
  let midLine = false;
  const endLine = () => {
    if (midLine) terminal.write('\n');
    midLine = false;
  };
  const listener = {
    onTurn(turn: Turn) {
      if (turn.state === 'answered' || turn.state === 'failed' || turn.state === 'stopped') return endLine();
      endLine();
      terminal.note(describeState(turn));
    },
    onText(text: string) {
      if (!live) return;
      terminal.write(harmless(text));
      midLine = !text.endsWith('\n');
    },
    onRestart() {
      if (!live) return;
      endLine();
      terminal.note('The answer starts again.');
    },
    onLost(message: string) {
      endLine();
      terminal.note(message);
    },
  };
  return ask(client, conversationId, message, listener, signal).finally(endLine);
}

/** The truth about a turn that is not over, in a line. */
export function describeState(turn: Turn): string {
  if (turn.state === 'queued') return 'queued…';
  if (turn.state === 'waking') return 'waking the agent…';
  if (turn.state === 'thinking') return 'thinking…';
  const retry = turn.retryAt ? ` It is tried again at ${turn.retryAt}.` : '';
  return `blocked: ${turn.message ?? turn.reason ?? 'the agent cannot start'}${turn.hint ? ` ${turn.hint}` : ''}${retry} Ctrl-C withdraws the message.`;
}

function requireAnswered({ turn }: Answer): void {
  if (turn.state !== 'answered') throw new CommandError(exitCode.failed, reasonOf(turn), turn.hint ?? undefined);
}

function reasonOf(turn: Turn): string {
  if (turn.state === 'stopped') return 'The answer was stopped.';
  return turn.message ?? `The agent could not answer (${turn.reason ?? 'no reason given'}).`;
}
