/**
 * The runtime driver contract: what a driver does to start, stop and measure one tenant's isolation boundary.
 * Every driver passes the conformance suite in `packages/runtimes/conformance`. A driver knows nothing of OpenClaw: it runs
 * a command in a place, with two Unix sockets as the only way in and out.
 */
import type { RuntimeFailureReason } from './tenant.ts';

export type DriverName = 'sandbox' | 'process';

export interface RuntimeDriver {
  readonly name: DriverName;
  /** False for drivers that put no boundary between tenants; such a driver needs the operator's explicit consent. */
  readonly isolates: boolean;
  /** Can it run on this machine, and which limits can it enforce? Looks, changes nothing, never throws. */
  probe(): Promise<DriverProbe>;
  /** Reserves what the runtime will need (ports) and tells how its folders will be seen from inside. */
  prepare(spec: RuntimeSpec): Promise<RuntimePlace>;
  /** Starts the command inside the boundary. Resolves as soon as the process exists; it may still die at once. */
  start(spec: RuntimeSpec, place: RuntimePlace, command: RuntimeCommand): Promise<Runtime>;
  /** Ends whatever an earlier control process left behind on this host, and its limits' bookkeeping. Returns how many it ended. */
  sweep(): Promise<number>;
}

export type DriverProbe =
  | { usable: true; limits: EnforcedLimits; notes: string[] }
  | { usable: false; reason: string; hint: string };

/** How each limit is enforced here; `none` is said plainly to the operator. */
export interface EnforcedLimits {
  memory: 'cgroup-v2' | 'cgroup-v1' | 'none';
  pids: 'cgroup-v2' | 'cgroup-v1' | 'none';
  cpu: 'cgroup-v2' | 'cgroup-v1' | 'none';
}

export interface RuntimeSpec {
  tenantId: string;
  /** Rises with every start of the tenant; names this runtime apart from earlier ones. */
  generation: number;
  /** Host path of the tenant's own folder: the only thing it can write to. Exists. */
  folder: string;
  /** Host path of the folder that holds `in.sock` and `out.sock`. At most 90 bytes long (Unix sockets: 107). Exists. */
  socketFolder: string;
  /** Host path of the image's root, read-only for the tenant. */
  imageFolder: string;
  /** Further read-only files or folders: host path -> path under `/run/clawpool/` inside. */
  readOnly: Readonly<Record<string, string>>;
  /** Host uid and gid the runtime runs as where the host agent is root; ignored otherwise. Never shared by two tenants. */
  uid: number;
  limits: RuntimeLimits;
}

export interface RuntimeLimits {
  memoryBytes: number;
  pids: number;
  /** CPU cores, may be fractional. */
  cpus: number;
}

/** Paths and ports as the command inside sees them. */
export interface RuntimePlace {
  folder: string;
  socketFolder: string;
  imageFolder: string;
  /** Host path -> path inside, for each entry of `spec.readOnly`. */
  readOnly: Readonly<Record<string, string>>;
  /** Private temporary folder, emptied at every start. */
  temporaryFolder: string;
  /** Loopback ports the command may listen on: the gateway's, and the one where the out pipe is offered. */
  gatewayPort: number;
  egressPort: number;
}

export interface RuntimeCommand {
  argv: readonly [string, ...string[]];
  /** The whole environment: nothing of the host's is inherited. */
  env: Readonly<Record<string, string>>;
  /** Working folder, as seen from inside. */
  cwd: string;
  /** Host file that receives stdout and stderr, appended. Tenant data: readable by the host agent only. */
  logFile: string;
}

export interface Runtime {
  readonly startedAt: Date;
  /** Resolves once, when the runtime is gone, whatever ended it. Never rejects. */
  readonly exited: Promise<RuntimeExit>;
  /** Asks it to end (SIGTERM), kills everything in the boundary after `graceMs`. Resolves when it is gone. */
  stop(graceMs: number): Promise<RuntimeExit>;
  /**
   * Freezes every process of it: none runs an instruction until `resume`. Resolves when all of them stand still; at once when they do
   * already. Pauses count: it runs again after as many resumes. A paused runtime can be stopped.
   */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Changes its limits while it runs. What the host cannot enforce (`EnforcedLimits`) is left out without an error. */
  setLimits(limits: RuntimeLimits): Promise<void>;
  /** Null once it is gone. */
  usage(): Promise<RuntimeUsage | null>;
}

export interface RuntimeExit {
  code: number | null;
  signal: string | null;
  /** True when the kernel ended a process of it at its memory limit. */
  outOfMemory: boolean;
}

export interface RuntimeUsage {
  memoryBytes: number;
  cpuSeconds: number;
  processes: number;
}

/** Thrown by `prepare` and `start` when the reason is known. */
export class RuntimeStartError extends Error {
  readonly reason: RuntimeFailureReason;
  constructor(reason: RuntimeFailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RuntimeStartError';
    this.reason = reason;
  }
}
