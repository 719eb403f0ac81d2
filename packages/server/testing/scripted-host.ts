import { createHash, randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type {
  FilesSnapshot,
  Host,
  HostedEntry,
  HostedFile,
  HostedRuntime,
  SlotRequest,
  StartRequest,
  StartResult,
  TurnEvent,
  TurnRequest,
  UnexpectedExit,
  WorkspaceChange,
  WorkspaceChanged,
  WorkspaceChangeRequest,
} from '@clawpool/contracts';
import { ClawpoolError } from '@clawpool/contracts';

/**
 * A host without runtimes: it remembers what it was told to run, and each turn is answered by the test's own generator. The seam to
 * the real one is `contracts/host.ts`.
 */
export interface ScriptedHost extends Host {
  /** Ids of the tenants that were started plainly, in order; `claims` of those that got a warm slot. */
  starts: string[];
  claims: { slotId: string; tenantId: string }[];
  startRequests: StartRequest[];
  turns: TurnRequest[];
  /** What runs, tenants and warm slots, by id; a test may add and remove to make reality differ from the ledger. */
  runtimes: Map<string, HostedRuntime>;
  /** What a tenant's files are, as one text: a checkpoint's root is its hash. */
  files: Map<string, string>;
  /** Checkpoints' contents by root, as a blob store would have them. */
  stored: Map<string, string>;
  /** What the next starts answer. */
  startWith: (result: StartResult | (() => Promise<StartResult>)) => void;
  /** What the next claims answer; null: the slot cannot be used. */
  claimWith: (result: StartResult | null) => void;
  /** What the next slots answer. */
  prepareWith: (result: StartResult | (() => Promise<StartResult>)) => void;
  /** Called before every checkpoint and restore: a test throws, or waits, there. */
  beforeFiles: (hook: (what: 'checkpoint' | 'restore', tenantId: string) => Promise<void> | void) => void;
  /** HEARTBEAT.md by tenant. */
  heartbeats: Map<string, string>;
  /** Files of workspaces that are on this host, by path; a tenant that is not among them has its files elsewhere. */
  workspaces: Map<string, Map<string, string>>;
  /** What it was asked to change there. */
  workspaceChanges: WorkspaceChangeRequest[];
  /** Sessions it was told to forget: `tenant session`. */
  forgotten: string[];
  /** How turns are answered from now on. */
  answerWith: (answer: (request: TurnRequest, signal: AbortSignal) => AsyncIterable<TurnEvent>) => void;
  /** The runtime ends by itself. */
  crash: (exit: UnexpectedExit) => void;
}

export function createScriptedHost(options: { image?: string; images?: string[] } = {}): ScriptedHost {
  const image = options.image ?? 'test-image';
  let start: () => Promise<StartResult> = async () => ({ ok: true, readyMs: 1 });
  let prepare: () => Promise<StartResult> = async () => ({ ok: true, readyMs: 1 });
  let claim: StartResult | null = { ok: true, readyMs: 1 };
  let answer: (request: TurnRequest, signal: AbortSignal) => AsyncIterable<TurnEvent> = echo;
  let filesHook: (what: 'checkpoint' | 'restore', tenantId: string) => Promise<void> | void = () => {};
  const listeners = new Set<(exit: UnexpectedExit) => void>();

  function run({ tenantId, generation, image }: StartRequest): void {
    host.runtimes.set(tenantId, runtime(tenantId, 'tenant', generation, image));
  }

  const host: ScriptedHost = {
    starts: [],
    claims: [],
    startRequests: [],
    turns: [],
    runtimes: new Map(),
    files: new Map(),
    stored: new Map(),
    heartbeats: new Map(),
    workspaces: new Map(),
    workspaceChanges: [],
    forgotten: [],
    startWith: (result) => {
      start = typeof result === 'function' ? result : async () => result;
    },
    claimWith: (result) => {
      claim = result;
    },
    prepareWith: (result) => {
      prepare = typeof result === 'function' ? result : async () => result;
    },
    beforeFiles: (hook) => {
      filesHook = hook;
    },
    answerWith: (next) => {
      answer = next;
    },
    crash: (exit) => {
      host.runtimes.delete(exit.tenantId);
      for (const listener of listeners) listener(exit);
    },
    describe: async () => ({
      driver: 'sandbox',
      isolates: true,
      why: 'a test says so',
      limits: { memory: 'cgroup-v2', pids: 'cgroup-v2', cpu: 'cgroup-v2' },
      notes: [],
      image,
      images: (options.images ?? [image]).map((id) => ({ id, installed: true, typicalMemoryMegabytes: 512 })),
      capacity: { cpus: 4, memoryMegabytes: 65_536, diskMegabytes: 100_000, diskFreeMegabytes: 50_000 },
    }),
    start: async (request) => {
      host.starts.push(request.tenantId);
      host.startRequests.push(request);
      const result = await start();
      if (result.ok) run(request);
      return result;
    },
    stop: async (tenantId) => {
      host.runtimes.delete(tenantId);
    },
    pause: async (tenantId) => setState(tenantId, 'paused'),
    resume: async (tenantId) => setState(tenantId, 'running'),
    setLimits: async () => {},
    configure: async () => {},
    heartbeatFile: async (tenantId) => host.heartbeats.get(tenantId) ?? null,
    forgetSession: async (tenantId, session) => void host.forgotten.push(`${tenantId} ${session}`),
    turn: (request, signal) => {
      host.turns.push(request);
      return answer(request, signal);
    },
    usage: async () => null,
    logs: async () => [],
    list: async () => [...host.runtimes.values()],
    prepareSlot: async ({ slotId, image }: SlotRequest) => {
      const result = await prepare();
      if (result.ok) host.runtimes.set(slotId, runtime(slotId, 'slot', 0, image));
      return result;
    },
    claimSlot: async (slotId, request) => {
      host.claims.push({ slotId, tenantId: request.tenantId });
      host.startRequests.push(request);
      const slot = host.runtimes.delete(slotId);
      if (!slot || claim === null) return null;
      if (claim.ok) run(request);
      return claim;
    },
    dropSlot: async (slotId) => {
      host.runtimes.delete(slotId);
    },
    checkpoint: async (tenantId): Promise<FilesSnapshot> => {
      await filesHook('checkpoint', tenantId);
      const content = host.files.get(tenantId) ?? '';
      const root = createHash('sha256').update(content).digest('hex');
      const storedBytes = host.stored.has(root) ? 0 : content.length;
      host.stored.set(root, content);
      return { root, files: 1, bytes: content.length, storedBytes, tookMs: 1, frozenMs: 0, skipped: 0 };
    },
    restore: async ({ tenantId, root }) => {
      await filesHook('restore', tenantId);
      const content = host.stored.get(root);
      if (content === undefined) throw new Error(`nothing is stored as ${root}`);
      host.files.set(tenantId, content);
      return { files: 1, bytes: content.length };
    },
    resetFiles: async () => {},
    removeFiles: async (tenantId) => {
      host.files.delete(tenantId);
    },
    listWorkspace: async ({ tenantId }, path, { offset, limit }) => {
      const entries = scriptedFolder(workspaceOf(tenantId), path);
      return entries && { entries: entries.slice(offset, offset + limit), total: entries.length, complete: true };
    },
    openWorkspace: async ({ tenantId }, path) => {
      const content = workspaceOf(tenantId).get(path);
      return content === undefined ? null : scriptedFile(content);
    },
    changeWorkspace: async (request) => {
      host.workspaceChanges.push(request);
      return scriptedChange(workspaceOf(request.tenantId), request.change);
    },
    provideImage: async () => {},
    onExit: (listener) => {
      listeners.add(listener);
    },
    close: async () => {
      host.runtimes.clear();
    },
  };

  function workspaceOf(tenantId: string): Map<string, string> {
    const files = host.workspaces.get(tenantId);
    if (!files) throw new ClawpoolError('not_found', 'The files are not on this host.');
    return files;
  }

  function setState(tenantId: string, state: HostedRuntime['state']): void {
    const found = host.runtimes.get(tenantId);
    if (found) host.runtimes.set(tenantId, { ...found, state });
  }

  return host;
}

const runtime = (id: string, kind: HostedRuntime['kind'], generation: number, image: string): HostedRuntime => ({
  id,
  kind,
  generation,
  image,
  state: 'running',
  answers: true,
  startedAt: new Date(),
  address: `unix:/run/${randomUUID().slice(0, 8)}/in.sock`,
  port: 18_789,
});

/** Null: there is no such folder; one is there as long as something is in it. */
function scriptedFolder(files: ReadonlyMap<string, string>, path: string): HostedEntry[] | null {
  const below = path === '' ? '' : `${path}/`;
  const inside = [...files.keys()].filter((file) => file.startsWith(below)).map((file) => file.slice(below.length));
  if (inside.length === 0 && path !== '') return null;
  return [...new Set(inside.map((file) => file.split('/')[0] ?? ''))].sort().map((name) => {
    const content = files.get(below + name);
    const kind = content === undefined ? ('folder' as const) : ('file' as const);
    return { name, kind, bytes: content?.length ?? 0, modifiedAt: new Date(), managed: null };
  });
}

const scriptedFile = (content: string): HostedFile => ({
  bytes: Buffer.byteLength(content),
  modifiedAt: new Date(),
  managed: null,
  content: (async function* () {
    yield Buffer.from(content);
  })(),
  close: () => {},
});

async function scriptedChange(files: Map<string, string>, change: WorkspaceChange): Promise<WorkspaceChanged> {
  const before = files.get(change.path);
  if (change.kind === 'folder') return { bytes: 0, hash: '' };
  if (change.kind === 'write') {
    const fits = change.expected === 'any' || change.expected === (before === undefined ? 'none' : sha256(before));
    if (!fits)
      throw new ClawpoolError('conflict', 'It is another one.', 'Look.', { details: { bytes: before?.length } });
    const written = await text(change.content);
    files.set(change.path, written);
    return { bytes: written.length, hash: sha256(written) };
  }
  if (before === undefined) throw new ClawpoolError('not_found', 'There is no such file.');
  files.delete(change.path);
  if (change.kind === 'move') files.set(change.to, before);
  return { bytes: before.length, hash: '' };
}

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');

async function* echo(request: TurnRequest): AsyncIterable<TurnEvent> {
  yield { type: 'delta', text: `You said: ${request.text}` };
  yield { type: 'done', text: `You said: ${request.text}` };
}
