import type { StartRequest } from '@clawpool/contracts';
import type { Begun } from './hosted.ts';
import type { RuntimeSetting } from './runtime-setting.ts';
import { memoryCopyOf, noteInLog } from './runtime-setting.ts';
import { startRuntime, stopped } from './runtime-start.ts';
import { issuedToken } from './runtime-token.ts';
import { removeSessionLocks } from './session-files.ts';
import { failureOf } from './start-failure.ts';
import type { TenantFolders } from './tenant-folders.ts';
import { tenantRuntime } from './tenant-runtime.ts';

/** Puts a tenant's files in place and starts its runtime. */
export async function startTenant(
  setting: RuntimeSetting,
  request: StartRequest,
  folders: TenantFolders,
  signal: AbortSignal,
): Promise<Exclude<Begun, null>> {
  const { tenantId, generation, agent, uid, limits, image, files } = request;
  if (signal.aborted) return { ok: false, failure: stopped };
  try {
    await folders.putInPlace({ tenantId, files, image, owner: setting.owner(uid) });
    await folders.forgetSessions(tenantId, image);
    await removeSessionLocks(folders.folderOf(tenantId), setting.profile.sessions);
    const owner = {
      generation,
      agent,
      folder: folders.folderOf(tenantId),
      skills: await folders.skills(tenantId),
      rememberSkills: (names: readonly string[]) => folders.rememberSkills(tenantId, names),
      memoryCopy: memoryCopyOf(setting.folders, tenantId),
    };
    const token = issuedToken(setting.tokens, tenantId, generation);
    const model = setting.egress(tenantId);
    const start = await startRuntime(setting, { id: tenantId, uid, limits, owner, token, model }, signal);
    return start.ok ? { ok: true, runtime: tenantRuntime(setting, tenantId, start.started) } : start;
  } catch (error) {
    await noteInLog(setting.folders, tenantId, error);
    return { ok: false, failure: failureOf(error) };
  }
}
