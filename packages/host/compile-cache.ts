import { createHash, randomBytes } from 'node:crypto';
import { chmod, cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AgentDefinition, StartRequest } from '@clawpool/contracts';
import type { ToolCall } from './chat-completion.ts';
import { answerEnd, textDelta, toolCallAnswer } from './chat-completion.ts';
import { filledCompileCache } from './launch-command.ts';
import type { RuntimeSetting } from './tenant-runtime.ts';
import { logFileOf, startTenant } from './tenant-runtime.ts';

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
  const key = createHash('sha256')
    .update(JSON.stringify([image.id, image.folder, profile.nodeFlags]))
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
    await exercise({ ...setting, fillCompileCache: true, egress: () => scriptedModel, tokens: noTokens }, tenantId);
    await keep(join(tenantFolder, filledCompileCache), into);
  } finally {
    await rm(tenantFolder, { recursive: true, force: true });
    await rm(logFileOf(setting, tenantId), { force: true });
  }
}

/** One start, one turn that uses the usual tools, one stop in order: Node writes the cache when it ends. */
async function exercise(setting: RuntimeSetting, tenantId: string): Promise<void> {
  const request: StartRequest = {
    organizationId: 'clawpool',
    tenantId,
    generation: 1,
    uid: ownUid,
    limits: { memoryBytes: 2 * 1024 ** 3, pids: 256, cpus: 2 },
    agent: exerciser(tenantId),
  };
  const start = await startTenant(setting, request, AbortSignal.timeout(120_000));
  if (!start.ok) throw new Error(start.failure.message);
  try {
    const turn = { tenantId, turnId: 'fill', session: 'fill', text: 'Go through your tools.' };
    const context = { path: 'admin', caller: 'Clawpool itself.' } as const;
    for await (const event of start.runtime.turn({ ...turn, context }, AbortSignal.timeout(120_000))) {
      if (event.type === 'failed') throw new Error(event.message);
    }
  } finally {
    await start.runtime.stop();
  }
}

/** A host user of its own, far above the numbers tenants get. */
const ownUid = 2_147_000_001;

const noTokens = { renew: () => {}, issue: () => 'none', revoke: () => {} };

function exerciser(tenantId: string): AgentDefinition {
  const owner = { id: 'fill', name: 'Nobody', email: '', position: 'None', department: 'None', contactFor: [] };
  return {
    organization: { id: 'clawpool', name: 'Clawpool' },
    tenantId,
    name: 'Nobody',
    owner,
    layers: { global: '', position: '', personal: '' },
    tools: ['shell', 'file', 'file_write'],
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

// --- a model that goes through the tools, one per call ----------------------------------------------------------------

const toolCalls: readonly ToolCall[] = [
  { name: 'exec', arguments: { command: 'true' } },
  { name: 'write', arguments: { path: 'note.txt', content: 'one' } },
  { name: 'edit', arguments: { path: 'note.txt', edits: [{ oldText: 'one', newText: 'two' }] } },
  { name: 'read', arguments: { path: 'note.txt' } },
];

const scriptedModel: RequestListener = (request, response) => {
  text(request).then(
    (body) => {
      const { messages = [] } = JSON.parse(body) as { messages?: { role: string }[] };
      const call = toolCalls[messages.filter(({ role }) => role === 'tool').length];
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(call ? toolCallAnswer(call) : `${textDelta('Done.')}${answerEnd}`);
    },
    () => response.destroy(),
  );
};
