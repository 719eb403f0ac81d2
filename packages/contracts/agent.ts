/**
 * Who an agent is and what it may do: everything from which its files and its openclaw.json are written. Plain data, so
 * that it can be sent to a host agent on another machine.
 */
import type { ToolName } from './tools.ts';

export interface AgentDefinition {
  organization: { id: string; name: string };
  tenantId: string;
  /** Shown as the agent's name. */
  name: string;
  owner: Person;
  /** The three SOUL layers; an empty text leaves its section out. */
  layers: { global: string; position: string; personal: string };
  /** What the position allows, already cut to the tier's ceiling. */
  tools: readonly ToolName[];
  /** Its own skills and those of its groups, by name: written to its workspace as `skills/<name>/SKILL.md`. */
  skills: readonly AgentSkill[];
  /** The organization's people, for "whom do I ask". */
  directory: readonly Person[];
  /** Model id the agent asks the model gateway for. */
  model: ModelChoice;
  /** IANA name, for dates in the prompt. */
  timezone: string;
}

export interface AgentSkill {
  name: string;
  /** The text of SKILL.md. */
  content: string;
}

/** For a tenant that is nobody's in particular: its own name, and empty texts. */
export interface Person {
  id: string;
  name: string;
  email: string;
  position: string;
  department: string;
  /** What to ask this person about: `code review`, `deployments`, … */
  contactFor: readonly string[];
}

export interface ModelChoice {
  id: string;
  contextWindow: number;
  maxOutputTokens: number;
}

/** The access path a session belongs to; the first part of its name. */
export type AccessPath = 'emp' | 'pgnd' | 'twin' | 'admin' | 'cron' | 'api';

/** What is true for one turn only; becomes the turn's `system` message. */
export interface TurnContext {
  path: AccessPath;
  /** How the caller was verified, in one sentence the agent may rely on. */
  caller: string;
}
