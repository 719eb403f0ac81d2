/** What the control plane asks of a host. Today the host agent lives in the same process tree; the shape is fit for a wire. */
import type { AgentDefinition, TurnContext } from './agent.ts';
import type { TurnFailureReason } from './conversation.ts';
import type { ExpectedFile, ManagedBy } from './files.ts';
import type { DriverName, EnforcedLimits, RuntimeLimits, RuntimeUsage } from './runtime.ts';
import type { RuntimeFailureReason } from './tenant.ts';

export interface Host {
  describe(): Promise<HostDescription>;
  /**
   * Puts the tenant's files in place (`FilesSource`), writes what Clawpool writes of them and starts its runtime; resolves when its
   * gateway answers, or with the reason why it does not.
   */
  start(request: StartRequest): Promise<StartResult>;
  /** Stops it in order. Resolves when it is gone; a tenant that does not run is no error. */
  stop(tenantId: string): Promise<void>;
  /** Freezes and thaws a running tenant. A tenant that does not run is no error. */
  pause(tenantId: string): Promise<void>;
  resume(tenantId: string): Promise<void>;
  setLimits(tenantId: string, limits: RuntimeLimits): Promise<void>;
  /**
   * What the agent is from now on: its workspace files before its next turn, its configuration after the turn that runs, without a
   * restart. A tenant that does not run is no error.
   */
  configure(tenantId: string, agent: AgentDefinition): Promise<void>;
  /** One message to a running tenant's gateway. Ends with `done` or `failed`; aborting the signal cancels the agent's run. */
  turn(request: TurnRequest, signal: AbortSignal): AsyncIterable<TurnEvent>;
  /** HEARTBEAT.md of a tenant's workspace, running or not; null: there is none, or nothing in it but headings and white space. */
  heartbeatFile(tenantId: string): Promise<string | null>;
  /**
   * Removes what OpenClaw keeps of a session (its transcript), now or before the tenant's next start. One that it does not know is no error.
   */
  forgetSession(tenantId: string, session: string): Promise<void>;
  usage(tenantId: string): Promise<RuntimeUsage | null>;
  /** The last `lines` lines of the runtime's output, tenant data. */
  logs(tenantId: string, lines: number): Promise<string[]>;
  /** Every runtime of this host as it really is, warm slots included. Asks each gateway whether it answers. */
  list(): Promise<HostedRuntime[]>;

  /** Boots a gateway that belongs to nobody, exercises it with throw-away turns and leaves it listening. */
  prepareSlot(request: SlotRequest): Promise<StartResult>;
  /**
   * Makes a warm slot the tenant's runtime: its files move in, its token and out pipe become the tenant's. Null: the slot cannot be
   * used (gone, silent, or moving the files would take longer than a start) and the tenant is as before; start it plainly then.
   * Whatever happens, the slot is no slot any more.
   */
  claimSlot(slotId: string, request: StartRequest): Promise<StartResult | null>;
  /** Ends a slot nobody claimed; one that is gone is no error. */
  dropSlot(slotId: string): Promise<void>;

  /**
   * Stores the tenant's files as they are now, running or not. A running one is frozen while changed files are read, so that no file
   * is half. `previous` is the root of an earlier checkpoint of it, for what has not changed. More than `maxBytes` (16 GiB where absent)
   * is refused with `storage_full`: a file with holes can claim to be larger than any disk. `not_found` when the host has no folder of it,
   * or, where `epoch` is given, one that was last used in another epoch and so is not what the tenant is now.
   */
  checkpoint(tenantId: string, previous: string | null, maxBytes?: number, epoch?: number): Promise<FilesSnapshot>;
  /**
   * Replaces the files of a tenant that does not run with a checkpoint's, verified; the old ones stay where they were when anything is
   * wrong. Rejects with ClawpoolError `not_found`, DamagedBlobError, or the disk's error.
   */
  restore(request: RestoreRequest): Promise<{ files: number; bytes: number }>;
  /** Removes runtime state that OpenClaw makes anew, of a tenant that does not run: workspace, memory and conversations stay. */
  resetFiles(tenantId: string): Promise<void>;
  /** Removes all files and logs of a tenant that does not run. */
  removeFiles(tenantId: string): Promise<void>;
  /**
   * A folder of the tenant's workspace, running or not; null: there is none. `not_found` as for `checkpoint`. Nothing of it is followed: of
   * what the tenant may have planted, links and the like are listed and nothing more.
   */
  listWorkspace(
    place: WorkspacePlace,
    path: string,
    page: { offset: number; limit: number },
  ): Promise<HostedFolder | null>;
  /** A regular file of it, to be read or closed; null: there is none. */
  openWorkspace(place: WorkspacePlace, path: string): Promise<HostedFile | null>;
  /**
   * Changes something in it, at once and once. Of a tenant that does not run, its files are put in place first, as for a start. Errors:
   * `not_found`, `conflict` (with what is there as `details`), `not_allowed` for what Clawpool writes, `storage_full`.
   */
  changeWorkspace(request: WorkspaceChangeRequest): Promise<WorkspaceChanged>;
  /** Makes sure an image of the catalogue is installed. ClawpoolError `not_found` for one that is not in it. */
  provideImage(imageId: string): Promise<void>;

  /** Called whenever a runtime ends that nobody asked to stop, warm slots included. */
  onExit(listener: (exit: UnexpectedExit) => void): void;
  /** Stops everything, in order. */
  close(): Promise<void>;
}

export interface HostDescription {
  driver: DriverName;
  isolates: boolean;
  /** Why this driver was chosen. */
  why: string;
  limits: EnforcedLimits;
  notes: string[];
  /** The default image. */
  image: string;
  /** The catalogue: what can be installed here. */
  images: HostImage[];
  capacity: { cpus: number; memoryMegabytes: number; diskMegabytes: number; diskFreeMegabytes: number };
}

export interface HostImage {
  /** For example `openclaw-2026.6.35`. */
  id: string;
  installed: boolean;
  /** Resident memory a quiet runtime of it typically takes: what placement counts with. */
  typicalMemoryMegabytes: number;
}

export interface StartRequest {
  organizationId: string;
  tenantId: string;
  generation: number;
  uid: number;
  limits: RuntimeLimits;
  agent: AgentDefinition;
  image: string;
  files: FilesSource;
}

/**
 * Which files a runtime starts with. A host's own folder of the tenant counts when it was last used in this epoch: it is the newest
 * checkpoint or newer. Otherwise the checkpoint is restored; without one the tenant begins with an empty folder.
 */
export interface FilesSource {
  /** Rises whenever the tenant's files were replaced or used on another host. */
  epoch: number;
  /** Root of the newest checkpoint. */
  checkpoint: string | null;
}

export interface SlotRequest {
  /** A DNS label; begins with `slot-`. */
  slotId: string;
  organizationId: string;
  uid: number;
  limits: RuntimeLimits;
  /** The tier's agent, nobody's in particular: its tools are the tier's ceiling. */
  agent: AgentDefinition;
  image: string;
}

export interface RestoreRequest {
  tenantId: string;
  uid: number;
  root: string;
  epoch: number;
}

/** Whose workspace, in which epoch. */
export interface WorkspacePlace {
  tenantId: string;
  epoch: number;
}

export interface HostedFolder {
  /** Folders first, then by name; a name that is no text is not among them. */
  entries: HostedEntry[];
  total: number;
  /** False: there are more than the host counts. */
  complete: boolean;
}

export interface HostedEntry {
  name: string;
  kind: 'file' | 'folder' | 'other';
  bytes: number;
  /** Null: not known. */
  modifiedAt: Date | null;
  managed: ManagedBy | null;
}

export interface HostedFile {
  bytes: number;
  modifiedAt: Date;
  managed: ManagedBy | null;
  /** As long as it was when it was opened, or less. */
  content: AsyncIterable<Uint8Array>;
  /** For whoever does not read it. */
  close(): void;
}

export interface WorkspaceChangeRequest {
  tenantId: string;
  uid: number;
  /** Of the tenant; null: the default image. */
  image: string | null;
  files: FilesSource;
  change: WorkspaceChange;
}

export type WorkspaceChange =
  | { kind: 'write'; path: string; content: AsyncIterable<Uint8Array>; expected: ExpectedFile }
  | { kind: 'folder'; path: string }
  | { kind: 'move'; path: string; to: string }
  | { kind: 'remove'; path: string };

/** Of what was written, or of what was there before it went; 0 and '' for a folder. */
export interface WorkspaceChanged {
  bytes: number;
  hash: string;
}

export interface HostedRuntime {
  /** A tenant's id, or a warm slot's. */
  id: string;
  kind: 'tenant' | 'slot';
  generation: number;
  image: string;
  state: 'starting' | 'running' | 'paused' | 'stopping';
  /** Did its gateway answer just now? Null: not asked, because it is starting, paused or stopping. */
  answers: boolean | null;
  startedAt: Date;
  address: string;
  port: number;
}

export interface FilesSnapshot {
  /** Root of the tree in the blob store. */
  root: string;
  files: number;
  bytes: number;
  /** Bytes this checkpoint added to the blob store. */
  storedBytes: number;
  tookMs: number;
  /** How long the runtime stood still for it. */
  frozenMs: number;
  /** What is no file, folder or link, such as sockets, and so is not in it. */
  skipped: number;
}

export type StartResult =
  | { ok: true; readyMs: number }
  | { ok: false; reason: RuntimeFailureReason; message: string; hint: string };

export interface TurnRequest {
  tenantId: string;
  turnId: string;
  /** `emp__carol__…`; one OpenClaw session each. */
  session: string;
  text: string;
  context: TurnContext;
  /** Written to the workspace's `uploads/` before the turn, unless they are there. */
  uploads?: readonly TurnUpload[];
}

export interface TurnUpload {
  /** Name below `uploads/`: a plain file name, made unique by whoever asks. */
  name: string;
  mediaType: string;
  /** Where its content is in the attachments' blob store. */
  blob: string;
}

/** A file that the agent left in the workspace's `outgoing/` for whoever asked: stored, and moved to `outgoing/sent/`. */
export interface TurnFile {
  name: string;
  mediaType: string;
  bytes: number;
  blob: string;
}

export type TurnEvent =
  | { type: 'delta'; text: string }
  | { type: 'done'; text: string; files?: readonly TurnFile[] }
  /** `retry`: the same message may be sent again (the runtime was gone or not ready); otherwise it may not. */
  | { type: 'failed'; reason: TurnFailureReason; message: string; retry: boolean };

export interface UnexpectedExit {
  tenantId: string;
  generation: number;
  reason: RuntimeFailureReason;
  message: string;
}
