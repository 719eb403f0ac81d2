import type { Host, StartResult, TurnEvent, TurnRequest, UnexpectedExit } from '@clawpool/contracts';

/** A host without runtimes: each turn is answered by the test's own generator. The seam to the real one is `contracts/host.ts`. */
export interface ScriptedHost extends Host {
  starts: string[];
  turns: TurnRequest[];
  /** What the next starts answer. */
  startWith: (result: StartResult | (() => Promise<StartResult>)) => void;
  /** How turns are answered from now on. */
  answerWith: (answer: (request: TurnRequest, signal: AbortSignal) => AsyncIterable<TurnEvent>) => void;
  crash: (exit: UnexpectedExit) => void;
}

export function createScriptedHost(): ScriptedHost {
  let start: () => Promise<StartResult> = async () => ({ ok: true, readyMs: 1 });
  let answer: (request: TurnRequest, signal: AbortSignal) => AsyncIterable<TurnEvent> = echo;
  let onExit: (exit: UnexpectedExit) => void = () => {};
  const host: ScriptedHost = {
    starts: [],
    turns: [],
    startWith: (result) => {
      start = typeof result === 'function' ? result : async () => result;
    },
    answerWith: (next) => {
      answer = next;
    },
    crash: (exit) => onExit(exit),
    describe: async () => ({
      driver: 'sandbox',
      isolates: true,
      why: 'a test says so',
      limits: { memory: 'cgroup-v2', pids: 'cgroup-v2', cpu: 'cgroup-v2' },
      notes: [],
      image: 'test-image',
    }),
    start: async ({ tenantId }) => {
      host.starts.push(tenantId);
      return start();
    },
    stop: async () => {},
    turn: (request, signal) => {
      host.turns.push(request);
      return answer(request, signal);
    },
    usage: async () => null,
    logs: async () => [],
    onExit: (listener) => {
      onExit = listener;
    },
    close: async () => {},
  };
  return host;
}

async function* echo(request: TurnRequest): AsyncIterable<TurnEvent> {
  yield { type: 'delta', text: `You said: ${request.text}` };
  yield { type: 'done', text: `You said: ${request.text}` };
}
