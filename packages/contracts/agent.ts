/**
 * Who an agent is and what it may do: everything from which its files and its openclaw.json are written. Plain data, so
 * that it can be sent to a host agent on another machine.
 */
import type { Origin } from './channel.ts';
import type { AccessPath } from './conversation.ts';
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
  /** What the owner tells of themselves: Markdown, for USER.md. */
  about?: string;
  /** Where the owner is reached, the preferred one first; for CHANNELS.md. */
  channels?: readonly { channel: string; name: string; preferred: boolean }[];
  /** The language of answers, as people call it; absent: the one that is written to the agent. */
  responseLanguage?: string | null;
  /** Hosts it may reach by HTTPS. */
  hosts?: readonly string[];
  /** What commands are refused for, one sentence each. */
  refusedCommands?: readonly string[];
  /** IANA name, for dates in the prompt. */
  timezone: string;
  /** Anybody talks to it: it knows of nobody but whose it is, and can do nothing. */
  publicTwin?: boolean;
  /** Only of the organization's admin assistant, which represents nobody: OpenClaw's names of the tools by which it looks things up. */
  assistant?: { tools: readonly string[] };
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
  /** Empty: none yet. */
  position: string;
  department: string;
  /** What to ask this person about: `code review`, `deployments`, … */
  contactFor: readonly string[];
}

export interface ModelChoice {
  id: string;
  contextWindow: number;
  maxOutputTokens: number;
  /** How OpenClaw shortens a long conversation; absent: its own default. */
  compaction?: 'default' | 'safeguard';
}

/** What is true for one turn only; becomes the turn's `system` message and the workspace's SESSION_CONTEXT.md. */
export interface TurnContext {
  path: AccessPath;
  origin: Origin;
  /** How the caller was verified, in one sentence the agent may rely on. */
  caller: string;
  verification: Verification;
  /**
   * What was said in the session without the agent, in order: by a human who took over, by a quick answer, and what they answered. The
   * agent has to know it before it goes on.
   */
  missed: readonly { who: 'person' | 'human' | 'quick'; name: string; text: string }[];
  /** The turn is gone on with after an interruption; what the agent had done before it. Null: it is asked for the first time. */
  interruptedAfter: readonly { tool: string; arguments: string }[] | null;
}

/** How far the caller is verified. */
export type Verification = 'signed_in' | 'paired_channel' | 'api_key' | 'schedule' | 'unverified';
