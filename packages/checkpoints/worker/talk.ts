import type { MessagePort, TransferListItem } from 'node:worker_threads';
import { ClawpoolError, type ErrorCode } from '@clawpool/contracts';

/** The other end of a port. Questions are answered in the order in which they are asked, unless a handler waits. */
export interface Peer {
  ask<T = void>(question: string, argument?: unknown, transfer?: TransferListItem[]): Promise<T>;
  /** Ends it: what is not answered yet rejects with the error. */
  close(error: Error): void;
}

export type Handlers = Record<string, (argument: never) => unknown>;

type Message =
  | { id: number; question: string; argument: unknown }
  | { id: number; answer: unknown }
  | { id: number; failure: Failure };

/** Two threads that ask each other. Errors keep their code, message and hint. */
export function talk(port: MessagePort, handlers: Handlers): Peer {
  const open = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>();
  let asked = 0;
  let ended: Error | null = null;

  async function answer(id: number, question: string, argument: unknown): Promise<void> {
    try {
      port.postMessage({ id, answer: await handlers[question]?.(argument as never) });
    } catch (error) {
      port.postMessage({ id, failure: failureOf(error as Error) });
    }
  }

  port.on('message', (message: Message) => {
    if ('question' in message) return void answer(message.id, message.question, message.argument);
    const waiting = open.get(message.id);
    open.delete(message.id);
    if ('failure' in message) waiting?.reject(errorOf(message.failure));
    else waiting?.resolve(message.answer as never);
  });

  function end(error: Error): void {
    ended ??= error;
    for (const { reject } of open.values()) reject(ended);
    open.clear();
  }
  port.on('close', () => end(new Error('the other side has gone')));

  return {
    ask: (question, argument, transfer = []) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        const id = asked++;
        open.set(id, { resolve, reject });
        port.postMessage({ id, question, argument }, transfer);
      }),
    close: (error) => {
      end(error);
      port.close();
    },
  };
}

interface Failure {
  message: string;
  /** Of ClawpoolError. */
  meaning?: { code: ErrorCode; hint: string | undefined };
  /** Of the system's errors. */
  system?: { code: string | undefined; syscall: string | undefined; path: string | undefined };
}

function failureOf(error: Error): Failure {
  if (error instanceof ClawpoolError) {
    return { message: error.message, meaning: { code: error.code, hint: error.hint } };
  }
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  return { message: error.message, system: { code, syscall, path } };
}

function errorOf({ message, meaning, system }: Failure): Error {
  return meaning ? new ClawpoolError(meaning.code, message, meaning.hint) : Object.assign(new Error(message), system);
}
