import { type AccessPath, ClawpoolError } from '@clawpool/contracts';
import type { Principal } from '../../organization/principal.ts';

/** What a takeover looks at of a session. */
export interface TakenSession {
  userId: string | null;
  endedAt: Date | null;
  takenOverBy: string | null;
  takenOverUntil: Date | null;
}

/** Who has the session at a time; null: its agent. */
export const holderOf = ({ takenOverBy, takenOverUntil }: TakenSession, now: Date): string | null =>
  takenOverUntil !== null && takenOverUntil > now ? takenOverBy : null;

/**
 * Whether a person may act in a session instead of its agent, or end it: not in their own, and not where a colleague has it, unless they are
 * an admin.
 *
 * @param holderName of whoever has it
 * @throws ClawpoolError `conflict`
 */
export function refuseToInterfere(principal: Principal, session: TakenSession, holderName: string, now: Date): void {
  if (session.userId === principal.userId) {
    throw new ClawpoolError('conflict', 'This is your own session.', 'Talk to the agent yourself.');
  }
  const holder = holderOf(session, now);
  if (holder === null || holder === principal.userId || principal.roles.includes('admin')) return;
  throw new ClawpoolError(
    'conflict',
    `${holderName} has this session until ${session.takenOverUntil?.toISOString() ?? ''}.`,
    'Ask them to give it back, or an admin to take it over.',
  );
}

export function refuseEnded({ endedAt }: TakenSession): void {
  if (endedAt === null) return;
  throw new ClawpoolError('conflict', 'This session has ended.', 'The caller’s next message begins a new one.');
}

/** A public page has no place for files. */
export function refuseFiles(path: AccessPath): void {
  if (path !== 'twin') return;
  throw new ClawpoolError(
    'conflict',
    'Visitors of a public page cannot be sent files.',
    'Put it into words, or a link.',
  );
}

/** What the caller is told. */
export const takeoverNotes = {
  joined: (name: string) => `${name} has joined. The agent is silent until they leave.`,
  left: (name: string) => `${name} has left. The agent answers again.`,
  ended: (name: string) => `${name} has ended this conversation. Your next message begins a new one.`,
} as const;
