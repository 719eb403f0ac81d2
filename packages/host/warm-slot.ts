import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeLimits, SlotRequest, StartRequest } from '@clawpool/contracts';
import type { AgentOwner } from './agent-files.ts';
import type { Begun } from './hosted.ts';
import { runsCommands } from './launch-command.ts';
import { removeTree } from './remove-tree.ts';
import type { RuntimeSetting } from './runtime-setting.ts';
import { logFileOf, memoryCopyOf, noteInLog } from './runtime-setting.ts';
import { startRuntime } from './runtime-start.ts';
import { reservedToken } from './runtime-token.ts';
import { scriptedModel } from './scripted-model.ts';
import { removeSessionLocks } from './session-files.ts';
import type { StartFailure } from './start-failure.ts';
import { failureOf } from './start-failure.ts';
import type { TenantFolders } from './tenant-folders.ts';
import type { TenantRuntime } from './tenant-runtime.ts';
import { tenantRuntime } from './tenant-runtime.ts';
import { throwAwayTurn } from './throw-away-turn.ts';
import { closeUnfinishedTurns } from './unfinished-turns.ts';

/** Two turns: the first loads what a turn needs, the second is as quick as all that follow. */
const throwAwayTurns = ['Go through your tools.', 'And once more.'];
const preparedWithinMs = 120_000;

/** Boots a gateway for nobody in particular and exercises it. Its model is ours: nothing of it reaches the model gateway. */
export async function prepareSlot(
  setting: RuntimeSetting,
  request: SlotRequest,
  folder: string,
  signal: AbortSignal,
): Promise<Exclude<Begun, null>> {
  const { slotId, uid, limits, agent } = request;
  const memoryCopy = memoryCopyOf(setting.folders, slotId);
  const owner: AgentOwner = { generation: 0, agent, folder, skills: [], rememberSkills: async () => {}, memoryCopy };
  try {
    await mkdir(folder, { mode: 0o700 });
    const token = reservedToken(setting.tokens);
    const start = await startRuntime(setting, { id: slotId, uid, limits, owner, token, model: scriptedModel }, signal);
    if (!start.ok) return start;
    const runtime = tenantRuntime(setting, slotId, start.started, 0);
    const failure = await exercise(setting, runtime, request, folder, signal);
    if (failure === null) return { ok: true, runtime };
    await runtime.stop();
    return { ok: false, failure };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

/** Of a slot that ended without a tenant. */
export async function removeSlot(folders: { tenants: string; logs: string }, slotId: string): Promise<void> {
  const log = logFileOf(folders, slotId);
  const left = [join(folders.tenants, slotId), log, `${log}.1`];
  for (const path of left) await removeTree(path).catch(() => {}); // the next host agent removes it
}

async function exercise(
  setting: RuntimeSetting,
  runtime: TenantRuntime,
  { slotId }: SlotRequest,
  folder: string,
  signal: AbortSignal,
): Promise<StartFailure | null> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(preparedWithinMs)]);
  try {
    for (const text of throwAwayTurns) await throwAwayTurn(runtime, slotId, text, limit);
    await untilQuiet(join(folder, setting.profile.unfinishedTurns.file), limit);
    if (await runtime.answers(limit)) return null;
  } catch (error) {
    if (!limit.aborted) return { ...failureOf(error), message: `The warm slot failed: ${(error as Error).message}` };
  }
  return {
    reason: 'start_timeout',
    message: 'The warm slot did not become ready.',
    hint: 'The host may be overloaded. Another one is prepared by itself.',
  };
}

/** The gateway writes the end of a turn down a moment after it has told it: that must not meet a tenant's files. */
async function untilQuiet(file: string, signal: AbortSignal): Promise<void> {
  const look = async () => (await lstat(file).catch(() => null))?.mtimeMs ?? 0;
  for (let seen = await look(), quiet = 0; quiet < 4; quiet += 1) {
    await sleep(50, undefined, { signal });
    const now = await look();
    if (now !== seen) quiet = -1;
    seen = now;
  }
}

/** How long a slot may take to say that it is there. It says so within milliseconds, unless the host is very busy. */
const answersWithinMs = 2_000;

/**
 * Makes a slot the tenant's runtime: its files move in, its token is bound and its model calls are the tenant's. Null: the slot cannot be
 * used and has been ended, the tenant's files are as before, and a start will tell if something is wrong with them.
 */
export async function claimSlot(options: {
  setting: RuntimeSetting;
  slot: SlotRequest;
  runtime: TenantRuntime;
  request: StartRequest;
  folders: TenantFolders;
  signal: AbortSignal;
}): Promise<TenantRuntime | null> {
  const { setting, slot, runtime, request, folders, signal } = options;
  try {
    const answers = runtime.answers(AbortSignal.any([signal, AbortSignal.timeout(answersWithinMs)]));
    if (!sameLimits(slot.limits, request.limits)) await runtime.setLimits(request.limits);
    if ((await answers) && (await moveIn(options))) return runtime;
  } catch (error) {
    await noteInLog(setting.folders, request.tenantId, error);
  }
  await runtime.stop();
  try {
    await folders.settle(request.tenantId);
    await removeSlot(setting.folders, slot.slotId);
  } catch (error) {
    await noteInLog(setting.folders, request.tenantId, error); // its files are partly in the slot's folder: the start goes on with it
  }
  return null;
}

async function moveIn({ setting, slot, runtime, request, folders, signal }: Parameters<typeof claimSlot>[0]) {
  const { tenantId, files, image, agent, generation } = request;
  const { profile } = setting;
  const owner = setting.owner(slot.uid);
  const keep = runsCommands(agent) ? join(profile.workspace, '.git') : null;
  signal.throwIfAborted();
  if (!(await folders.moveIntoSlot(slot.slotId, { tenantId, files, image, owner, keep }))) return false;
  await folders.forgetSessions(tenantId, image);
  const folder = folders.folderOf(tenantId);
  await removeSessionLocks(folder, profile.sessions);
  await closeUnfinishedTurns(folder, profile.unfinishedTurns, owner);
  const skills = await folders.skills(tenantId);
  const rememberSkills = (names: readonly string[]) => folders.rememberSkills(tenantId, names);
  await runtime.becomeRuntimeOf(
    tenantId,
    { generation, agent, folder, skills, rememberSkills, memoryCopy: memoryCopyOf(setting.folders, tenantId) },
    setting.egress(tenantId),
  );
  return true;
}

const sameLimits = (one: RuntimeLimits, other: RuntimeLimits): boolean =>
  one.memoryBytes === other.memoryBytes && one.pids === other.pids && one.cpus === other.cpus;
