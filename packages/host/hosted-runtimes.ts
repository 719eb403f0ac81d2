import type { SlotRequest, StartRequest, StartResult, UnexpectedExit } from '@clawpool/contracts';
import { ClawpoolError } from '@clawpool/contracts';
import type { HostFolders } from './host-folders.ts';
import { warmSlot } from './host-folders.ts';
import type { Begun, Hosted } from './hosted.ts';
import { end, hosted } from './hosted.ts';
import type { ImageSettings } from './image-settings.ts';
import type { RuntimeSetting } from './runtime-setting.ts';
import { stopped } from './runtime-start.ts';
import type { StartFailure } from './start-failure.ts';
import { imageFailure, outdated } from './start-failure.ts';
import { startTenant } from './start-tenant.ts';
import type { TenantFolders } from './tenant-folders.ts';
import { createTenantLock } from './tenant-lock.ts';
import type { TenantRuntime } from './tenant-runtime.ts';
import { claimSlot, prepareSlot, removeSlot } from './warm-slot.ts';

/** Tenants' runtimes and warm slots of this host. */
export interface HostedRuntimes {
  start(request: StartRequest): Promise<StartResult>;
  prepareSlot(request: SlotRequest): Promise<StartResult>;
  claimSlot(slotId: string, request: StartRequest): Promise<StartResult | null>;
  /** Resolves when it is gone; what is not there is no error. */
  end(id: string, kind: Hosted['kind']): Promise<void>;
  /** Null while it starts, and from the moment it is asked to stop. */
  running(tenantId: string): TenantRuntime | null;
  find(id: string): Hosted | undefined;
  list(): Hosted[];
  /**
   * Does something to a tenant's files while nothing else does. `runtime` is what may write to them meanwhile, null when there is
   * nothing.
   */
  withFiles<T>(tenantId: string, work: (runtime: TenantRuntime | null) => Promise<T>): Promise<T>;
  onExit(listener: (exit: UnexpectedExit) => void): void;
  close(): Promise<void>;
}

export function hostedRuntimes(options: {
  settings: ImageSettings;
  folders: HostFolders;
  files: TenantFolders;
  /** Whether a slot's paths are the same inside whoever it belongs to. */
  canPrepareSlots: boolean;
}): HostedRuntimes {
  const { settings, folders, files } = options;
  const all = new Map<string, Hosted>();
  /** What really runs of tenants; `all` may have its successor already. */
  const live = new Map<string, TenantRuntime>();
  const slots = new Map<string, SlotRequest>();
  /** The highest generation seen: an old start that arrives late must not replace a newer runtime. */
  const generations = new Map<string, number>();
  const lock = createTenantLock();
  const listeners = new Set<(exit: UnexpectedExit) => void>();
  let closed = false;

  async function start(request: StartRequest): Promise<StartResult> {
    const result = await launch(request, async (signal) => {
      const setting = await settingOf(request.image);
      return setting.ok ? startTenant(setting.setting, request, files, signal) : setting;
    });
    return result ?? { ok: false, ...outdated };
  }

  async function launch(
    request: StartRequest,
    begin: (signal: AbortSignal) => Promise<Begun>,
  ): Promise<StartResult | null> {
    const { tenantId, generation, image } = request;
    checkTenantId(tenantId);
    if (closed) return { ok: false, ...closing };
    const before = all.get(tenantId);
    if (generation < (generations.get(tenantId) ?? 0)) return { ok: false, ...outdated };
    generations.set(tenantId, generation);
    if (before?.generation === generation && !before.stopping.signal.aborted) return before.result;
    before?.stopping.abort();
    const alone = (signal: AbortSignal) =>
      lock.alone(tenantId, async () => {
        if (before) await end(before);
        const begun = await begin(signal);
        if (begun?.ok) remember(tenantId, begun.runtime);
        return begun;
      });
    return keep(hosted({ id: tenantId, kind: 'tenant', generation, image }, alone));
  }

  function remember(tenantId: string, runtime: TenantRuntime): void {
    live.set(tenantId, runtime);
    void runtime.ended.then(() => live.get(tenantId) === runtime && live.delete(tenantId));
  }

  /** Has it in the list until it is gone, and tells when nobody asked for that. */
  async function keep(runtime: Hosted): Promise<StartResult | null> {
    const { id, generation } = runtime;
    all.set(id, runtime);
    const forgotten = runtime.gone.then((exit) => {
      if (all.get(id) === runtime) all.delete(id);
      if (exit === null || runtime.claimed || runtime.stopping.signal.aborted) return;
      const { reason, message } = exit;
      for (const listener of listeners) listener({ tenantId: id, generation, reason, message });
    });
    const result = await runtime.result;
    if (!result?.ok) await forgotten;
    return result;
  }

  async function settingOf(
    image: string,
  ): Promise<{ ok: true; setting: RuntimeSetting } | { ok: false; failure: StartFailure }> {
    try {
      return { ok: true, setting: await settings.of(image) };
    } catch (error) {
      return { ok: false, failure: imageFailure(error) };
    }
  }

  async function prepare(request: SlotRequest): Promise<StartResult> {
    const { slotId, image } = request;
    if (!warmSlot.test(slotId) || all.has(slotId)) {
      throw new ClawpoolError(
        'invalid_request',
        `"${slotId}" cannot name a warm slot.`,
        'Use slot- and a name that no other has.',
      );
    }
    if (closed) return { ok: false, ...closing };
    if (!options.canPrepareSlots) return { ok: false, ...noWarmSlots };
    const begin = async (signal: AbortSignal): Promise<Begun> => {
      const setting = await settingOf(image);
      return setting.ok ? prepareSlot(setting.setting, request, files.folderOf(slotId), signal) : setting;
    };
    slots.set(slotId, request);
    const slot = hosted({ id: slotId, kind: 'slot', generation: 0, image }, begin, async ({ claimed }) => {
      slots.delete(slotId);
      if (!claimed) await removeSlot(folders, slotId);
    });
    return (await keep(slot)) ?? { ok: false, ...closing };
  }

  async function claim(slotId: string, request: StartRequest): Promise<StartResult | null> {
    checkTenantId(request.tenantId);
    const offer = slots.get(slotId);
    const slot = all.get(slotId);
    if (!offer || !slot) return null;
    const { runtime } = slot;
    const fits = offer.organizationId === request.organizationId && offer.image === request.image;
    if (runtime === null || !fits || closed || slot.stopping.signal.aborted) {
      await end(slot);
      return null;
    }
    slot.claimed = true;
    slots.delete(slotId);
    all.delete(slotId);
    let used = false;
    const result = await launch(request, async (signal) => {
      used = true;
      const setting = await settings.of(request.image);
      const claimed = await claimSlot({ setting, slot: offer, runtime, request, folders: files, signal });
      if (claimed) return { ok: true, runtime: claimed };
      return signal.aborted ? { ok: false, failure: stopped } : null;
    });
    if (!used) {
      await runtime.stop(); // the tenant has a runtime, or a newer start came first
      await removeSlot(folders, slotId);
    }
    return result;
  }

  async function endOf(id: string, kind: Hosted['kind']): Promise<void> {
    const found = all.get(id);
    if (found?.kind === kind) await end(found);
  }

  function running(tenantId: string): TenantRuntime | null {
    const tenant = all.get(tenantId);
    return tenant && !tenant.stopping.signal.aborted ? tenant.runtime : null;
  }

  return {
    start,
    prepareSlot: prepare,
    claimSlot: claim,
    end: endOf,
    running,
    find: (id) => all.get(id),
    list: () => [...all.values()],
    withFiles: async (tenantId, work) => {
      checkTenantId(tenantId);
      return lock.alone(tenantId, () => work(live.get(tenantId) ?? null));
    },
    onExit: (listener) => {
      listeners.add(listener);
    },
    close: async () => {
      closed = true;
      await Promise.all([...all.values()].map(end));
      await lock.idle();
    },
  };
}

const closing: StartFailure = { reason: 'exited', message: 'The host is stopping.', hint: 'Try again later.' };

const noWarmSlots: StartFailure = {
  reason: 'driver_unavailable',
  message:
    'This driver shows every agent its files under another path, so no gateway can be started before it is known whose it is.',
  hint: 'Agents are started when they are needed. For warm slots use a driver that isolates them.',
};

/** It names files and folders. */
export function checkTenantId(tenantId: string): void {
  if (/^[A-Za-z0-9_-]{1,64}$/u.test(tenantId) && !warmSlot.test(tenantId)) return;
  throw new ClawpoolError('invalid_request', `"${tenantId}" cannot name an agent.`, 'Use letters, digits, - and _.');
}
