/** What the control plane asks of a host. Today the host agent lives in the same process tree; the shape is fit for a wire. */
import type { AgentDefinition, TurnContext } from './agent.ts';
import type { TurnFailureReason } from './conversation.ts';
import type { DriverName, EnforcedLimits, RuntimeLimits, RuntimeUsage } from './runtime.ts';
import type { RuntimeFailureReason } from './tenant.ts';

export interface Host {
  describe(): Promise<HostDescription>;
  /** Writes the tenant's files and starts its runtime; resolves when its gateway answers, or with the reason why it does not. */
  start(request: StartRequest): Promise<StartResult>;
  /** Stops it in order. Resolves when it is gone; a tenant that does not run is no error. */
  stop(tenantId: string): Promise<void>;
  /** One message to a running tenant's gateway. Ends with `done` or `failed`; aborting the signal cancels the agent's run. */
  turn(request: TurnRequest, signal: AbortSignal): AsyncIterable<TurnEvent>;
  usage(tenantId: string): Promise<RuntimeUsage | null>;
  /** The last `lines` lines of the runtime's output, tenant data. */
  logs(tenantId: string, lines: number): Promise<string[]>;
  /** Called whenever a runtime ends that nobody asked to stop. */
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
  image: string;
}

export interface StartRequest {
  organizationId: string;
  tenantId: string;
  generation: number;
  uid: number;
  limits: RuntimeLimits;
  agent: AgentDefinition;
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
}

export type TurnEvent =
  | { type: 'delta'; text: string }
  | { type: 'done'; text: string }
  /** `retry`: the same message may be sent again (the runtime was gone or not ready); otherwise it may not. */
  | { type: 'failed'; reason: TurnFailureReason; message: string; retry: boolean };

export interface UnexpectedExit {
  tenantId: string;
  generation: number;
  reason: RuntimeFailureReason;
  message: string;
}
