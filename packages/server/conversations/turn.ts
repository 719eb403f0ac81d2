import type { AccessPath, TurnFailureReason } from '@clawpool/contracts';
import { lookupToolNames } from '../assistant/assistant.ts';
import { runtimeFailureHints } from '../pool/tenant.ts';

/** A turn's lease, and how often it is renewed: a worker that missed two renewals has lost it. */
export const leaseMs = 15_000;
export const leaseRenewalMs = 5_000;

/** How often an attempt that broke without the agent's answer (its runtime died under it) is made again. */
export const maxAttempts = 3;

/** A turn may take as long as OpenClaw's own limit for one run (its profile: 180 s) and a wake before it. */
export const turnTimeoutMs = 300_000;

/** How often a message is tried that waits for what a person, or free room, has to bring: should the news of it be lost. */
export const waitForChangeMs = 600_000;

/** What the person can do about each reason a turn failed. */
export const turnFailureHints: Readonly<Record<TurnFailureReason, string>> = {
  ...runtimeFailureHints,
  capacity_unavailable: 'It is tried again as soon as there is room.',
  agent_stopped: 'Your message is kept and answered when an operator starts the agent.',
  agent_paused: 'Your message is kept and answered when an operator resumes the agent.',
  agent_needs_attention: 'Your message is kept and answered when an operator has repaired the agent.',
  model_unavailable: 'The model provider does not answer. Try again in a moment; an operator can set a fallback model.',
  model_refused_key: 'The model provider refused the key. An operator has to set a valid one.',
  model_rate_limited: 'The model provider limits how often it may be asked. Try again in a minute.',
  model_error: 'The model provider refused the request. Try again, or start a new conversation if it is very long.',
  turn_timeout: 'It took too long and was ended. Try again, perhaps in smaller steps.',
  agent_error: 'The agent could not finish its answer. Try again.',
  interrupted_after_acting: 'Look at what it had done, and decide whether it should be run again.',
};

/** OpenClaw's tools that change nothing: a turn that used only these is simply run again after an interruption. */
const harmlessTools: ReadonlySet<string> = new Set([
  'read',
  'ls',
  'grep',
  'find',
  'image',
  'memory_get',
  'memory_search',
  'session_status',
  'sessions_history',
  'sessions_list',
  'web_fetch',
  'web_search',
  'clawpool__schedule_list',
  'clawpool__access_status',
  'clawpool__recall',
  ...lookupToolNames,
]);

export const changesSomething = (openclawTool: string): boolean => !harmlessTools.has(openclawTool);

/** After an interruption: run it for the first time, go on from the transcript, or ask the person. */
export function afterInterruption(turn: { acts: readonly unknown[]; resumed: boolean; sameFiles: boolean }) {
  if (turn.acts.length === 0) return 'ask';
  return turn.sameFiles && !turn.resumed ? 'resume' : 'tell';
}

/** What is told of acts that cannot be gone on from: `exec (git push), write`. */
export function describeActs(acts: readonly { tool: string; arguments: string }[]): string {
  return acts
    .slice(-5)
    .map(({ tool, arguments: given }) => (given === '' ? tool : `${tool} (${given.slice(0, 80)})`))
    .join(', ');
}

/**
 * Whether the model alone may answer while the runtime wakes: where the tier wants it, an employee waits and sees that it is no answer of the
 * agent, and there is nothing with the message that only the agent can look at. A schedule, a program or a visitor is answered by the agent.
 */
export const mayAnswerDirectly = (turn: { fastPath: boolean; path: AccessPath; hasAttachments: boolean }): boolean =>
  turn.fastPath && turn.path === 'emp' && !turn.hasAttachments;

/** How long a wake may take before a tier's fast path answers instead: a warm slot is faster. */
export const fastPathAfterMs = 800;

/** The conversation's name in lists: the first line of the first message, at most 60 characters. */
export function titleOf(text: string): string {
  const line = text.trim().split('\n', 1)[0] ?? '';
  return line.length <= 60 ? line : `${line.slice(0, 59).trimEnd()}…`;
}
