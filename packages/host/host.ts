import { createHash } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, realpath, rm, rmdir } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type {
  EnforcedLimits,
  Host,
  RuntimeDriver,
  RuntimeTokens,
  StartRequest,
  StartResult,
  TurnEvent,
  TurnRequest,
  UnexpectedExit,
} from '@clawpool/contracts';
import { ClawpoolError } from '@clawpool/contracts';
import type { OpenClawProfile } from '@clawpool/workspace';
import { openclawProfile } from '@clawpool/workspace';
import { fillingTenant, provideCompileCache } from './compile-cache.ts';
import type { RuntimeImage } from './image.ts';
import { logTail } from './runtime-log.ts';
import type { RuntimeSetting, TenantRuntime } from './tenant-runtime.ts';
import { logFileOf, startTenant } from './tenant-runtime.ts';

export interface HostOptions {
  driver: RuntimeDriver;
  /** Why this driver, which limits it enforces here, and what the operator should know: told on in `describe`. */
  why: string;
  limits: EnforcedLimits;
  notes: string[];
  image: RuntimeImage;
  /** Tenants' folders, sockets, configurations and logs live below it. Made where missing. */
  dataFolder: string;
  /** Who answers a tenant's model calls. */
  egress: (tenantId: string) => RequestListener;
  tokens: RuntimeTokens;
  onProgress?: (line: string) => void;
  /** For tests that need another profile than the image's version has. */
  profile?: OpenClawProfile;
}

/**
 * The host agent: runs tenants of this machine. Ends what an earlier one of the same data folder left behind, and, the first
 * time an image is used with a driver, lets Node compile it once (about 10 s).
 *
 * @throws ClawpoolError `invalid_request` for an image without a profile
 */
export async function createHost(options: HostOptions): Promise<Host> {
  const { driver, image, onProgress = () => {} } = options;
  const profile = options.profile ?? openclawProfile(image.version);
  const setting = await prepareSetting(options, profile);
  await driver.sweep();
  await removeLeftovers(setting);
  const notes = [...options.notes];
  const compileCache = await provideCompileCache(setting, onProgress).catch((error: Error) => {
    notes.push(`Agents start slower than they could: ${error.message}`);
    return null;
  });
  return manage({ ...setting, folders: { ...setting.folders, compileCache } }, { ...options, notes });
}

/** One tenant's runtime, from the request to start it until nothing of it is left. */
interface Tenant {
  generation: number;
  stopping: AbortController;
  /** Null while it starts, and when that failed. */
  runtime: TenantRuntime | null;
  /** Resolves when nothing of it is left. */
  gone: Promise<void>;
  result: Promise<StartResult>;
}

function manage(setting: RuntimeSetting, options: HostOptions): Host {
  const { driver, image } = setting;
  const tenants = new Map<string, Tenant>();
  /** The highest generation seen: an old start that arrives late must not replace a newer runtime. */
  const generations = new Map<string, number>();
  const listeners = new Set<(exit: UnexpectedExit) => void>();
  let closed = false;

  async function start(request: StartRequest): Promise<StartResult> {
    const { tenantId, generation } = request;
    checkTenantId(tenantId);
    if (closed) return { ok: false, reason: 'exited', message: 'The host is stopping.', hint: 'Try again later.' };
    const current = tenants.get(tenantId);
    if (generation < (generations.get(tenantId) ?? 0)) return outdated;
    generations.set(tenantId, generation);
    if (current?.generation === generation && !current.stopping.signal.aborted) return current.result;
    const tenant = launch(request, current);
    tenants.set(tenantId, tenant);
    return tenant.result;
  }

  function launch(request: StartRequest, before: Tenant | undefined): Tenant {
    const { tenantId, generation } = request;
    const startedAt = performance.now();
    const stopping = new AbortController();
    const started = (before ? end(before) : Promise.resolve()).then(() =>
      startTenant(setting, request, stopping.signal),
    );
    const result = started.then((start): StartResult => {
      if (!start.ok) return { ok: false, ...start.failure };
      tenant.runtime = start.runtime;
      return { ok: true, readyMs: Math.round(performance.now() - startedAt) };
    });
    const gone = result.then(untilGone);
    const tenant: Tenant = { generation, stopping, runtime: null, result, gone };

    async function untilGone(): Promise<void> {
      const exit = tenant.runtime ? await tenant.runtime.ended : null;
      if (tenants.get(tenantId) === tenant) tenants.delete(tenantId);
      if (exit === null || stopping.signal.aborted) return;
      const { reason, message } = exit;
      for (const listener of listeners) listener({ tenantId, generation, reason, message });
    }

    return tenant;
  }

  async function end(tenant: Tenant): Promise<void> {
    tenant.stopping.abort();
    await tenant.result;
    await tenant.runtime?.stop();
    await tenant.gone;
  }

  function running(tenantId: string): TenantRuntime | null {
    const tenant = tenants.get(tenantId);
    return tenant && !tenant.stopping.signal.aborted ? tenant.runtime : null;
  }

  async function* turn(request: TurnRequest, signal: AbortSignal): AsyncGenerator<TurnEvent, void> {
    const runtime = running(request.tenantId);
    if (runtime) yield* runtime.turn(request, signal);
    else yield { type: 'failed', reason: 'exited', message: 'The agent is not running.', retry: true };
  }

  return {
    describe: async () => ({
      driver: driver.name,
      isolates: driver.isolates,
      why: options.why,
      limits: options.limits,
      notes: options.notes,
      image: image.id,
    }),
    start,
    stop: async (tenantId) => {
      const tenant = tenants.get(tenantId);
      if (tenant) await end(tenant);
    },
    turn,
    usage: async (tenantId) => (await running(tenantId)?.usage()) ?? null,
    logs: async (tenantId, lines) => {
      checkTenantId(tenantId);
      return logTail(logFileOf(setting, tenantId), lines);
    },
    onExit: (listener) => {
      listeners.add(listener);
    },
    close: async () => {
      closed = true;
      await Promise.all([...tenants.values()].map(end));
      await rmdir(dirname(setting.folders.sockets('any'))).catch(() => {}); // it may lie outside of the data folder
    },
  };
}

const outdated: StartResult = {
  ok: false,
  reason: 'exited',
  message: 'A newer start of this agent came first.',
  hint: 'Nothing needs to be done.',
};

/** It names files and folders. */
function checkTenantId(tenantId: string): void {
  if (/^[A-Za-z0-9_-]{1,64}$/u.test(tenantId)) return;
  throw new ClawpoolError('invalid_request', `"${tenantId}" cannot name an agent.`, 'Use letters, digits, - and _.');
}

// --- folders ---------------------------------------------------------------------------------------------------------

async function prepareSetting(options: HostOptions, profile: OpenClawProfile): Promise<RuntimeSetting> {
  const { driver, image, tokens, egress } = options;
  await mkdir(options.dataFolder, { recursive: true, mode: 0o700 });
  const dataFolder = await realpath(options.dataFolder);
  const run = join(dataFolder, 'run');
  const folders = {
    tenants: join(dataFolder, 'tenants'),
    configurations: join(run, 'configurations'),
    logs: join(run, 'logs'),
    guest: join(run, 'guest'),
  };
  for (const folder of [run, ...Object.values(folders)]) await mkdir(folder, { recursive: true, mode: 0o700 });
  const sockets = await socketFolders(run);
  await copyGuest(folders.guest);
  return {
    driver,
    image,
    profile,
    tokens,
    egress,
    folders: { ...folders, sockets, compileCache: null },
    fillCompileCache: false,
    owner: (uid) => (process.getuid?.() === 0 && driver.isolates ? uid : undefined),
  };
}

/** Unix sockets have paths of 107 bytes at most, and the driver wants room for `/in.sock` and more (contracts/runtime.ts). */
const longestSocketFolder = 90;
const longestName = 20;

/** One folder per tenant in the data folder, or, where its path is long, in a folder of ours below the temporary one. */
async function socketFolders(run: string): Promise<(tenantId: string) => string> {
  const near = join(run, 's');
  const fits = Buffer.byteLength(near) + 1 + longestName <= longestSocketFolder;
  const uid = process.getuid?.() ?? 0;
  const base = fits ? near : join(await realpath(tmpdir()), `clawpool-${uid}-${hashed(run)}`);
  await mkdir(base, { recursive: true, mode: 0o700 });
  const found = await lstat(base);
  if (!found.isDirectory() || found.uid !== uid) {
    throw new ClawpoolError(
      'unavailable',
      `${base} belongs to somebody else.`,
      'Remove it, or use a shorter --data path.',
    );
  }
  await chmod(base, 0o700);
  return (tenantId) => join(base, tenantId.length < longestName ? tenantId : hashed(tenantId));
}

const hashed = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, longestName);

/** What a killed host agent left behind: sockets, configurations with their tokens, half-made compile caches. */
async function removeLeftovers({ folders }: RuntimeSetting): Promise<void> {
  const emptied = [folders.configurations, dirname(folders.sockets('any'))];
  const leftovers = await Promise.all(
    emptied.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
  );
  const filling = (await readdir(folders.tenants)).filter((name) => fillingTenant.test(name));
  for (const path of [...leftovers.flat(), ...filling.map((name) => join(folders.tenants, name))]) {
    await rm(path, { recursive: true, force: true });
  }
}

/** The guest is copied so that tenants can read it whatever rights the checkout's files have. */
async function copyGuest(folder: string): Promise<void> {
  const source = join(import.meta.dirname, 'guest');
  await chmod(folder, 0o755);
  for (const name of await readdir(source)) {
    await cp(join(source, name), join(folder, name));
    await chmod(join(folder, name), 0o644);
  }
}
