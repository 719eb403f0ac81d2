/** What the host's tests share: a host on a folder of its own with the real image, and a scripted model behind its out pipes. */
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBlobFolder } from '@clawpool/checkpoints';
import type {
  AgentDefinition,
  BlobStore,
  Host,
  ReservedToken,
  RunningTurns,
  RuntimeDriver,
  SlotRequest,
  StartRequest,
  TurnContext,
  TurnEvent,
} from '@clawpool/contracts';
import { answerEnd, textDelta, toolCallAnswer } from './chat-completion.ts';
import type { HostOptions } from './host.ts';
import { createHost } from './host.ts';
import { imageCatalogue } from './image.ts';
import { scriptedControlPlane } from './scripted-control-plane.ts';
import { scriptedTurns } from './scripted-turns.ts';

const imagesFolder = join(import.meta.dirname, '../../.clawpool/images');

export interface TestHost {
  host: Host;
  dataFolder: string;
  model: ScriptedModel;
  blobs: BlobStore;
  attachments: BlobStore;
  /** Who has a token now: `<tenant>/<generation>`, and `reserved` for each warm slot. */
  tokens: Set<string>;
  /** Pids of the gateways that run for this host. */
  gateways: () => Promise<number[]>;
  end: () => Promise<void>;
}

const running = new Set<TestHost>();

/** Ends hosts that a failed test left running: their gateways would outlive the test run. */
export async function endLeftHosts(): Promise<void> {
  await Promise.all([...running].map((left) => left.end()));
}

/** Prepared for `driver` on a temporary folder; `end` stops it and removes everything. */
export async function startTestHost(
  createDriver: (options: { stateFolder: string }) => RuntimeDriver,
  changes: Partial<HostOptions> = {},
): Promise<TestHost> {
  const folder = await mkdtemp(join(tmpdir(), 'clawpool-host-'));
  const dataFolder = join(folder, 'data');
  const model = scriptedModel();
  const tokens = new Set<string>();
  const blobs = await openBlobFolder(join(folder, 'blobs'));
  const attachments = await openBlobFolder(join(folder, 'attachments'));
  const host = await createHost({
    driver: createDriver({ stateFolder: join(folder, 'state') }),
    why: 'a test asked for it',
    limits: { memory: 'none', pids: 'none', cpu: 'none' },
    notes: [],
    images: imageCatalogue({ imagesFolder }),
    blobs,
    attachments,
    dataFolder,
    egress: model.egress,
    tokens: {
      issue: (tenantId, generation) => {
        tokens.add(`${tenantId}/${generation}`);
        return `token-of-${tenantId}-${generation}`;
      },
      renew: () => {},
      revoke: (tenantId, generation) => {
        tokens.delete(`${tenantId}/${generation}`);
      },
      reserve: () => reservedToken(tokens),
    },
    turns: model.turns,
    ...changes,
  });
  const started: TestHost = {
    host,
    dataFolder,
    model,
    blobs,
    attachments,
    tokens,
    gateways: () => gatewaysOf(basename(folder)),
    end: async () => {
      running.delete(started);
      await host.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  running.add(started);
  return started;
}

let reserved = 0;

function reservedToken(tokens: Set<string>): ReservedToken {
  reserved += 1;
  const held = `reserved/${reserved}`;
  tokens.add(held);
  return {
    token: `token-of-${held}`,
    bind: (tenantId, generation) => {
      if (!tokens.delete(held)) throw new Error('bound before');
      tokens.add(`${tenantId}/${generation}`);
    },
    release: () => {
      tokens.delete(held);
    },
  };
}

/** A gateway runs on an image's Node and has this host's folders in its mounts (sandbox) or its environment (process). */
async function gatewaysOf(folderName: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const program = await readlink(`/proc/${pid}/exe`).catch(() => '');
      if (!/node-linux-\w+\/bin\/node$/u.test(program)) return [];
      const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
      const surroundings = await Promise.all([read('environ'), read('mountinfo')]);
      return surroundings.join().includes(folderName) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

// --- requests --------------------------------------------------------------------------------------------------------

const ryan = {
  id: 'ryan',
  name: 'Ryan Park',
  email: 'ryan@acme.example',
  position: 'Software Engineer',
  department: 'Backend Team',
  contactFor: ['code review'],
};

export function startRequest(
  tenantId: string,
  changes: Partial<StartRequest> = {},
  agent: Partial<AgentDefinition> = {},
): StartRequest {
  return {
    organizationId: 'acme',
    tenantId,
    generation: 1,
    image: defaultImage,
    files: { epoch: 1, checkpoint: null },
    uid: 900_000 + [...tenantId].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 90_000, 0),
    limits,
    agent: { ...ryansAgent(tenantId), ...agent },
    ...changes,
  };
}

const defaultImage = 'openclaw-2026.6.35';

const limits = { memoryBytes: 2 * 1024 ** 3, pids: 256, cpus: 2 };

const ryansAgent = (tenantId: string): AgentDefinition => ({
  organization: { id: 'acme', name: 'ACME Corp' },
  tenantId,
  name: 'Ryan’s agent',
  owner: ryan,
  layers: { global: 'Be honest.', position: '', personal: '' },
  tools: ['shell', 'file', 'file_write'],
  skills: [],
  directory: [ryan],
  model: { id: 'scripted', contextWindow: 200_000, maxOutputTokens: 8_192 },
  timezone: 'UTC',
});

/** Of a tier whose agents may do everything that tests need. */
export function slotRequest(slotId: string, changes: Partial<SlotRequest> = {}): SlotRequest {
  const nobody = { id: 'nobody', name: 'Nobody', email: '', position: 'None', department: 'None', contactFor: [] };
  const layers = { global: '', position: '', personal: '' };
  return {
    slotId,
    organizationId: 'acme',
    uid: nextUid(),
    limits,
    agent: { ...ryansAgent(slotId), name: 'Nobody’s agent', owner: nobody, layers, directory: [] },
    image: defaultImage,
    ...changes,
  };
}

let slotUid = 990_000;

function nextUid(): number {
  slotUid += 1;
  return slotUid;
}

/** Runs a turn to its end. */
export async function turn(host: Host, tenantId: string, message: string, session = 'emp__ryan__1') {
  const events: TurnEvent[] = [];
  for await (const event of turnEvents(host, tenantId, message, session)) events.push(event);
  return { events, last: events.at(-1) };
}

let lastTurn = 0;

export function turnEvents(
  host: Host,
  tenantId: string,
  message: string,
  session = 'emp__ryan__1',
  signal = new AbortController().signal,
): AsyncIterable<TurnEvent> {
  lastTurn += 1;
  const turnId = `turn-${lastTurn}`;
  return host.turn({ tenantId, turnId, session, text: message, context: turnContext() }, signal);
}

export const turnContext = (changes: Partial<TurnContext> = {}): TurnContext => ({
  path: 'emp',
  origin: 'portal',
  caller: 'Ryan Park, signed in to the portal.',
  verification: 'signed_in',
  missed: [],
  interruptedAfter: null,
  ...changes,
});

/** Waits until `what` holds; the test's own time limit ends a wait in vain. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await sleep(20);
}

// --- the model -------------------------------------------------------------------------------------------------------

export interface ModelCall {
  tenantId: string;
  authorization: string | undefined;
  revision: string | undefined;
  system: string;
  messages: { role: string; content: string }[];
  tools: string[];
  /** Nobody waited for its turn any more, before or while it was answered. */
  cancelled: boolean;
}

export interface ScriptedModel {
  egress: (tenantId: string) => RequestListener;
  /** As the model gateway knows them: the calls of one that is cancelled end, and further ones are refused. */
  turns: RunningTurns;
  calls: ModelCall[];
  /** Who is at `/mcp`; has no tools by itself. */
  controlPlane: (tenantId: string, ...exchange: Parameters<RequestListener>) => void;
}

/**
 * Stands for a provider. `RUN <command>` is answered with a call of exec, a tool's result with that result, `SLOW` with words
 * without an end (the second time with an answer), `FAIL <status>` with that status, everything else with `Answer to: …`.
 */
function scriptedModel(): ScriptedModel {
  const calls: ModelCall[] = [];
  const turns = scriptedTurns();
  const model: ScriptedModel = {
    calls,
    turns,
    controlPlane: (_, request, response) => scriptedControlPlane(request, response),
    egress: (tenantId) => (request, response) => {
      if (request.url === '/mcp') {
        model.controlPlane(tenantId, request, response);
        return;
      }
      void text(request).then((body) => {
        const asked = JSON.parse(body) as {
          messages: { role: string; content: unknown }[];
          tools?: { function: { name: string } }[];
        };
        const messages = asked.messages.map(({ role, content }) => ({ role, content: plain(content) }));
        const call: ModelCall = {
          tenantId,
          authorization: request.headers.authorization,
          revision: request.headers['x-rev'] as string | undefined,
          system: messages.find(({ role }) => role === 'system')?.content ?? '',
          messages: messages.filter(({ role }) => role !== 'system'),
          tools: (asked.tools ?? []).map((tool) => tool.function.name).sort(),
          cancelled: false,
        };
        const repeated = calls.some((earlier) => withoutTimes(earlier.messages) === withoutTimes(call.messages));
        calls.push(call);
        if (turns.refuse(call, response)) return;
        answer(call, repeated, response);
      });
    },
  };
  return model;
}

/** OpenClaw puts the time in front of what a person says. */
const withoutTimes = (messages: object): string =>
  JSON.stringify(messages).replace(/\[\w{3} [\d-]+ [\d:]+ UTC\] /gu, '');

const plain = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : Array.isArray(content)
      ? content.map((part) => (part as { text?: string }).text ?? '').join('')
      : '';

function answer(call: ModelCall, repeated: boolean, response: Parameters<RequestListener>[1]): void {
  const last = call.messages.at(-1);
  const said = last?.content ?? '';
  const status = /FAIL (\d+)/u.exec(said)?.[1];
  if (status) {
    response.writeHead(Number(status), { 'content-type': 'application/json', 'x-should-retry': 'false' });
    response.end(JSON.stringify({ error: { message: 'the provider says no', type: 'invalid_api_key' } }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const command = /RUN (.*)$/u.exec(said)?.[1];
  const [, tool, given = '{}'] = /CALL (\S+) (\{.*\})$/u.exec(said) ?? [];
  if (last?.role === 'tool') response.end(`${textDelta(`Result: ${said}`)}${answerEnd}`);
  else if (tool) response.end(toolCallAnswer({ name: tool, arguments: JSON.parse(given) }));
  else if (command && repeated) response.end(`${textDelta('The call was dropped.')}${answerEnd}`);
  else if (command) response.end(toolCallAnswer({ name: 'exec', arguments: { command } }));
  else if (said.endsWith('SLOW') && !repeated) {
    let words = 0;
    const timer = setInterval(() => response.write(textDelta(`word${words++} `)), 50);
    response.on('close', () => clearInterval(timer));
  } else response.end(`${textDelta('Answer ')}${textDelta(`to: ${said}`)}${answerEnd}`);
}
