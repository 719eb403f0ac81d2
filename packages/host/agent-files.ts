import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentDefinition, BlobStore, TurnRequest } from '@clawpool/contracts';
import type { ProfileInput, TurnUploadPlace, WorkspaceFile } from '@clawpool/workspace';
import { composeWorkspace, isInPrompt, sessionContext, sessionContextFile } from '@clawpool/workspace';
import { keepMemory, type MemoryPlace, putMemoryBack } from './kept-memory.ts';
import type { RuntimeSetting } from './runtime-setting.ts';
import { forgetSession } from './session-files.ts';
import { makeFolders, removeSkills, skillOf, writeFiles } from './tenant-files.ts';
import type { Outgoing } from './turn-files.ts';
import { collectOutgoing, writeUploads } from './turn-files.ts';

/** Writes the files that make an agent who it is, for one runtime, and the configuration of its gateway. */
export interface AgentFiles {
  /** Everything, before the gateway starts. */
  writeAll(): Promise<void>;
  /** What the agent reads: before every turn, since the agent may have changed it. Returns what of it is in every prompt. */
  writeWorkspace(): Promise<WorkspaceFile[]>;
  /** What is true for the turn that begins, and the files that came with its message. Returns where each of them is. */
  writeTurn(turn: TurnRequest): Promise<TurnUploadPlace[]>;
  /** What the agent left to be sent; see `collectOutgoing`. */
  collectOutgoing(take: { since: Date | null; unclear: boolean }): Promise<Outgoing>;
  /** Copies what the agent remembers now, before a turn that must leave nothing in it. */
  keepMemory(): Promise<void>;
  /** After that turn; see `putMemoryBack`. */
  putMemoryBack(): Promise<void>;
  /** Removes what the gateway keeps of a session. */
  forgetSession(session: string): Promise<void>;
  /** The runtime is somebody else's from now on, in another folder. Writes everything but the configuration. */
  becomeAgentOf(owner: AgentOwner): Promise<void>;
  /** From now on it is this agent; nothing is written yet. */
  change(agent: AgentDefinition): void;
  /**
   * Writes the configuration when it is not what the agent's is; the gateway reads it again by itself. `wider`: it offers tools that the one
   * before did not, which the agent has only then.
   */
  writeConfiguration(): Promise<{ written: boolean; wider: boolean }>;
  /** A gateway that missed the change, as one does now and then on a busy machine, sees this one; to others nothing changed. */
  touchConfiguration(): Promise<void>;
}

/** Whose files they are. */
export interface AgentOwner {
  generation: number;
  agent: AgentDefinition;
  folder: string;
  /** The skills of ours that are in the folder. */
  skills: readonly string[];
  /** Called before more skills are written, and after some were removed. */
  rememberSkills(skills: readonly string[]): Promise<void>;
  /** Where its memory is copied to while somebody only tries it out. */
  memoryCopy: string;
}

export function agentFiles(options: {
  profile: RuntimeSetting['profile'];
  configurationFolder: string;
  /** uid and gid of what is written; undefined leaves it ours. */
  uid: number | undefined;
  owner: AgentOwner;
  attachments: BlobStore;
  input: Omit<ProfileInput, 'agent' | 'revision'>;
}): AgentFiles {
  const { profile, configurationFolder, uid, attachments, input } = options;
  let { owner } = options;
  let skills = owner.skills;
  /** Counts what was written of the configuration; travels with every model call (`ProfileInput.revision`). */
  let revision = 0;
  let written = '';
  let offered: AgentDefinition['tools'] = [];
  let memoryIsFree: Promise<void> = Promise.resolve();

  async function writeWorkspace(): Promise<WorkspaceFile[]> {
    const workspace = composeWorkspace(owner.agent, profile);
    const wanted = workspace.flatMap(({ path }) => skillOf(path) ?? []);
    const former = skills.filter((name) => !wanted.includes(name));
    if (wanted.some((name) => !skills.includes(name))) await remember([...former, ...wanted]);
    if (former.length > 0) await removeSkills(workspaceFolder(), former);
    await writeFiles(owner.folder, inWorkspace(workspace), uid);
    if (former.length > 0) await remember(wanted);
    return workspace.filter(({ path }) => isInPrompt(path));
  }

  async function remember(names: readonly string[]): Promise<void> {
    await owner.rememberSkills(names);
    skills = names;
  }

  /** One after the other: what is put back once is not put back over what the agent has remembered since. */
  function withMemory(work: (place: MemoryPlace) => Promise<void>): Promise<void> {
    const { folder, memoryCopy: copy } = owner;
    const done = memoryIsFree.then(() => work({ folder, workspace: profile.workspace, copy, owner: uid }));
    memoryIsFree = done.catch(() => {});
    return done;
  }

  const workspaceFolder = () => join(owner.folder, profile.workspace);

  async function writeTurn({ session, context, uploads = [] }: TurnRequest): Promise<TurnUploadPlace[]> {
    const facts = [{ path: sessionContextFile, content: sessionContext(session, context) }];
    await writeFiles(workspaceFolder(), facts, uid);
    return writeUploads(workspaceFolder(), uploads, attachments, uid);
  }

  const inWorkspace = (files: readonly WorkspaceFile[]) =>
    files.map((file) => ({ ...file, path: join(profile.workspace, file.path) }));

  async function writeFolder(): Promise<void> {
    await makeFolders(owner.folder, profile.folders, uid);
    await writeWorkspace();
    await writeState();
  }

  const writeState = () => writeFiles(owner.folder, profile.state({ ...input, agent: owner.agent, revision: '' }), uid);

  async function writeConfiguration(): Promise<{ written: boolean; wider: boolean }> {
    const compose = (name: string) => profile.configuration({ ...input, agent: owner.agent, revision: name });
    const plain = JSON.stringify(compose(''));
    if (plain === written) return { written: false, wider: false };
    const name = revision === 0 ? String(owner.generation) : `${owner.generation}.${revision}`;
    const files = compose(name).map((file) => ({ ...file, mode: 0o400 }));
    await writeState();
    await writeFiles(configurationFolder, files, uid);
    revision += 1;
    written = plain;
    const wider = revision > 1 && owner.agent.tools.some((tool) => !offered.includes(tool));
    offered = owner.agent.tools;
    return { written: true, wider };
  }

  async function touchConfiguration(): Promise<void> {
    const now = new Date();
    const named = { ...input, agent: owner.agent, revision: '' };
    for (const { path } of profile.configuration(named))
      await utimes(join(configurationFolder, path), now, now).catch(() => {}); // it has ended
  }

  return {
    writeAll: async () => {
      await writeFolder();
      await writeConfiguration();
    },
    writeWorkspace,
    writeTurn,
    collectOutgoing: (take) => collectOutgoing(workspaceFolder(), attachments, take, uid),
    keepMemory: () => withMemory(keepMemory),
    putMemoryBack: () => withMemory(putMemoryBack),
    forgetSession: (session) => forgetSession(owner.folder, profile.sessions, session, uid),
    becomeAgentOf: async (next) => {
      owner = next;
      skills = next.skills;
      await writeFolder();
    },
    change: (agent) => {
      owner = { ...owner, agent };
    },
    writeConfiguration,
    touchConfiguration,
  };
}
