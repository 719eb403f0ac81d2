import { createHash, randomBytes } from 'node:crypto';
import { chmod, cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentDefinition } from '@clawpool/contracts';
import { filledCompileCache } from './launch-command.ts';
import type { RuntimeSetting } from './runtime-setting.ts';
import { logFileOf, memoryCopyOf } from './runtime-setting.ts';
import { startRuntime } from './runtime-start.ts';
import { scriptedModel } from './scripted-model.ts';
import { tenantRuntime } from './tenant-runtime.ts';
import { throwAwayTurn } from './throw-away-turn.ts';

/**
 * What Node compiled of an image, shared read-only by all tenants: without it every start compiles 3,000 modules. Node finds an
 * entry by the module's path, so there is one cache per place where drivers show the image. It is made by running the
 * gateway once, through the driver, with a tenant of our own that nobody talks to, and appears whole or not at all.
 *
 * @returns host path of the cache
 */
export async function provideCompileCache(
  setting: RuntimeSetting,
  onProgress: (line: string) => void,
): Promise<string> {
  const { image, driver, profile } = setting;
  // Calling the control plane loads a library of its own.
  const loaded = profile.callsControlPlane ? ['mcp'] : [];
  const key = createHash('sha256')
    .update(JSON.stringify([image.id, image.folder, profile.nodeFlags, ...loaded]))
    .digest('hex')
    .slice(0, 12);
  const folder = join(image.compileCache, `${driver.name}-${key}`);
  if (await exists(folder)) return folder;
  onProgress(`Preparing ${image.id} for the ${driver.name} driver (once)`);
  await mkdir(image.compileCache, { recursive: true });
  const unfinished = `${folder}.${randomBytes(4).toString('hex')}`;
  try {
    await fill(setting, unfinished);
    await rename(unfinished, folder).catch(async (error) => {
      if (!(await exists(folder))) throw error; // somebody else was first: theirs is as good
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** The ids of the tenants that fill a cache. */
export const fillingTenant = /^fill-[0-9a-f]{12}$/u;

const exists = async (folder: string): Promise<boolean> => (await stat(folder).catch(() => null)) !== null;

async function fill(setting: RuntimeSetting, into: string): Promise<void> {
  const tenantId = `fill-${randomBytes(6).toString('hex')}`;
  const tenantFolder = join(setting.folders.tenants, tenantId);
  try {
    await exercise({ ...setting, fillCompileCache: true }, tenantId, tenantFolder);
    await keep(join(tenantFolder, filledCompileCache), into);
  } finally {
    await rm(tenantFolder, { recursive: true, force: true });
    await rm(logFileOf(setting.folders, tenantId), { force: true });
  }
}

/** One start, one turn that uses the usual tools, one stop in order: Node writes the cache when it ends. */
async function exercise(setting: RuntimeSetting, id: string, folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  const memoryCopy = memoryCopyOf(setting.folders, id);
  const owner = { generation: 1, agent: exerciser(id), folder, skills: [], rememberSkills: async () => {}, memoryCopy };
  const request = {
    id,
    uid: ownUid,
    limits: { memoryBytes: 2 * 1024 ** 3, pids: 256, cpus: 2 },
    owner,
    token: { token: 'none', bind: () => {}, end: () => {} },
    model: scriptedModel,
  };
  const start = await startRuntime(setting, request, AbortSignal.timeout(120_000));
  if (!start.ok) throw new Error(start.failure.message);
  const runtime = tenantRuntime(setting, id, start.started);
  try {
    await throwAwayTurn(runtime, id, 'Go through your tools.', AbortSignal.timeout(120_000));
  } finally {
    await runtime.stop();
  }
}

/** A host user of its own, far above the numbers tenants get. */
const ownUid = 2_147_000_001;

function exerciser(tenantId: string): AgentDefinition {
  const owner = { id: 'fill', name: 'Nobody', email: '', position: 'None', department: 'None', contactFor: [] };
  return {
    organization: { id: 'clawpool', name: 'Clawpool' },
    tenantId,
    name: 'Nobody',
    owner,
    layers: { global: '', position: '', personal: '' },
    tools: ['shell', 'file', 'file_write'],
    skills: [],
    directory: [owner],
    model: { id: 'scripted', contextWindow: 200_000, maxOutputTokens: 8_192 },
    timezone: 'UTC',
  };
}

/** The folders' names end with the user id, which is another one for every tenant; the guest puts its own there. */
async function keep(filled: string, into: string): Promise<void> {
  await mkdir(into);
  await chmod(into, 0o755);
  for (const name of await readdir(filled)) {
    const folder = join(into, name.replace(/-\d+$/u, ''));
    await cp(join(filled, name), folder, { recursive: true });
    await chmod(folder, 0o755);
    for (const file of await readdir(folder)) await chmod(join(folder, file), 0o644);
  }
}
