/** What the model gateway needs from the control plane, and what it tells it. */
import type { ToolStanding } from './tool-policy.ts';
import type { ToolName } from './tools.ts';

/** Asked before every model call; a change takes effect with the next call. */
export interface TenantModelPolicy {
  organizationId: string;
  tenantId: string;
  /** OpenClaw tool names that may be offered and called; everything else is removed and refused. */
  tools: ReadonlySet<string>;
  /**
   * Of `tools`, those that are granted for one turn only: the one named, or, with null, the first that calls one (`recordToolCall` says which). Nobody
   * else has them, neither calls outside of a turn that a host runs.
   */
  onceTools?: ReadonlyMap<string, string | null>;
  /** Commands that are refused, whatever runs them: a regular expression (case-insensitive) over a call's whole command. */
  refusedCommands?: readonly { pattern: string; why: string }[];
  /**
   * By OpenClaw's names, tools that the agent does not have, or not always: what the person reads about a refusal. One that is neither here nor in
   * `tools` is none of the organization's tools.
   */
  refusedTools?: ReadonlyMap<string, RefusedTool>;
  /** Tokens an answer may have at most; null: as the runtime asks. */
  maxOutputTokens?: number | null;
  /** Model references, tried in this order: `provider/model`. Never empty. */
  models: readonly [string, ...string[]];
  /** Model calls one turn may cause; a refused tool call can loop. */
  maxCallsPerTurn: number;
  /** For the person: "Finance Analyst"; null: there is none. */
  positionName: string | null;
  /** For the person: "Restricted". */
  tierName?: string;
}

/** Why an agent does not have a tool, and what can be done about it. */
export interface RefusedTool {
  /** As the organization calls it. */
  tool: ToolName;
  because: ToolStanding['because'];
  /** Who can request it: the agent for its person or they themselves, only they, or, what no grant can give, nobody. */
  request: 'agent' | 'portal' | null;
}

export interface ModelUsage {
  organizationId: string;
  tenantId: string;
  turnId: string | null;
  provider: string;
  model: string;
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  /** Milliseconds from the request's arrival to the first byte of the answer, and to its end. */
  firstTokenMs: number | null;
  durationMs: number;
  outcome: 'ok' | 'error' | 'cancelled';
  /** Null unless `outcome` is `error`. */
  failure: ModelFailure | null;
  /** Which attempt answered: 1 is the first choice; a fallback counts on. */
  attempt: number;
}

/** The rules about commands, as the model gateway applies them: for whoever writes patterns, or tries one out. */
export interface CommandRules {
  /**
   * The first pattern that refuses one of the commands of a call; null: it runs. What cannot be checked in time is refused, by the pattern that took
   * too long.
   */
  refusedBy(
    commands: readonly string[],
    patterns: readonly { pattern: string; why: string }[],
  ): { pattern: string; why: string } | null;
  /** Why a pattern cannot be used, in a sentence: it is no regular expression, or some text would keep it busy. Null: it can. */
  problemOf(pattern: string): string | null;
}

export interface ToolRefusal {
  organizationId: string;
  tenantId: string;
  turnId: string | null;
  tool: string;
  /** `request`: OpenClaw offered it to the model. `response`: the model called it. */
  stage: 'request' | 'response';
  /** `tool`: the position does not have it. `command`: the command is one of those that nobody runs. */
  cause: 'tool' | 'command';
  /** Of a command: why. */
  why: string | null;
  /** Whether the model had been offered the tool at all. */
  offered: boolean;
  /** The call's arguments, at most 500 characters; empty at the request stage. */
  argumentsText: string;
}

export interface ModelGatewayPorts {
  /** Null: the tenant is unknown or may not call models now. */
  policyFor(tenantId: string): Promise<TenantModelPolicy | null>;
  recordUsage(usage: ModelUsage): Promise<void>;
  recordRefusal(refusal: ToolRefusal): Promise<void>;
  /**
   * Awaited before the runtime learns of a tool call that the policy allows: what is not recorded has not been done. Rejecting ends the model
   * call as failed. Not called for calls outside of a turn, nor for those of a warm slot that is exercised.
   */
  recordToolCall(call: ToolCallRecord): Promise<void>;
}

/** A tool call that goes through. */
export interface ToolCallRecord {
  tenantId: string;
  turnId: string;
  /** OpenClaw's name. */
  tool: string;
  /** The call's arguments, at most 200 characters. */
  argumentsText: string;
  /** When it was allowed, nothing but a grant for one turn gave the tool (`onceTools`): to be refused when that grant is over by now. */
  grantedOnce: boolean;
}

/** A model's answer without a runtime: for what has to be said before the agent is awake. Metered as the tenant's. */
export interface QuickAnswers {
  /**
   * Yields pieces of text. Ends early when the signal is aborted. No tools are offered. Rejects with an Error that says why when the model
   * does not answer, or when the tenant may not call models.
   */
  answer(
    request: {
      tenantId: string;
      turnId: string;
      system: string;
      messages: readonly { role: 'user' | 'assistant'; text: string }[];
      maxTokens: number;
    },
    signal: AbortSignal,
  ): AsyncIterable<string>;
}

/** Why a model call failed, as told to the agent's runtime and to the control plane. */
export type ModelFailure = {
  reason: 'model_unavailable' | 'model_refused_key' | 'model_rate_limited' | 'model_error';
  message: string;
};

/** A token is good for one runtime of one tenant, on that tenant's own out pipe, until revoked or not renewed. */
export interface RuntimeTokens {
  issue(tenantId: string, generation: number): string;
  /** Starts its lifetime (an hour) again: the host says this of a runtime that is alive. */
  renew(tenantId: string, generation: number): void;
  revoke(tenantId: string, generation: number): void;
  /** A token for a runtime that belongs to nobody yet: accepted from no tenant until it is bound to one, which can be done once. */
  reserve(): ReservedToken;
}

/** What the host tells the model gateway of the turns that it runs, for runtimes that do not say everything themselves. */
export interface RunningTurns {
  /** A turn begins: model calls that name it are its own. To be ended, whatever happens. */
  begin(tenantId: string, turnId: string): RunningTurn;
}

export interface RunningTurn {
  /** Has it made a model call yet, answered or not? */
  asked(): boolean;
  /** Why its latest model call failed; null when that one was answered, or there was none. */
  failure(): ModelFailure | null;
  /** Nobody waits for it any more: its model call that is under way ends, and further ones are refused. */
  cancel(): void;
  /** The runtime is done with it. */
  end(): void;
}

export interface ReservedToken {
  readonly token: string;
  /** From now on it is what `issue(tenantId, generation)` would have given. Throws when it was bound or released before. */
  bind(tenantId: string, generation: number): void;
  /** Of a warm slot that ended without a tenant. */
  release(): void;
}
