import type { Conversation, Me, MonitoredSession } from '@clawpool/contracts';
import { isAdmin, mayTakeOver } from '../session/access.ts';

/**
 * How a session and the person who looks at it stand to each other:
 * - `ended`: nothing more happens in it
 * - `reading`: they may look and do nothing else
 * - `own`: it is their own; nobody answers themselves
 * - `free`: the agent answers; they may take over
 * - `mine`: they answer
 * - `taken`: somebody else answers; `override`: an admin may take it from them
 */
export type Stand =
  | { type: 'ended' | 'reading' | 'own' | 'free' }
  | { type: 'mine'; until: number }
  | { type: 'taken'; by: string; until: number; override: boolean };

/** `now` in milliseconds: a takeover whose time has passed is over, also before anybody has told. */
export function standOf(
  me: Pick<Me, 'userId' | 'roles' | 'employee'>,
  conversation: Pick<Conversation, 'takeover' | 'endedAt' | 'path'>,
  caller: Pick<MonitoredSession['caller'], 'employeeId'>,
  now: number,
): Stand {
  if (conversation.endedAt !== null) return { type: 'ended' };
  const { takeover } = conversation;
  const until = takeover === null ? 0 : Date.parse(takeover.until);
  if (takeover !== null && until > now) {
    if (takeover.userId === me.userId) return { type: 'mine', until };
    const override = isAdmin(me) && !isOwn(me, caller);
    return { type: 'taken', by: takeover.by, until, override };
  }
  if (!mayTakeOver(me)) return { type: 'reading' };
  return { type: isOwn(me, caller) ? 'own' : 'free' };
}

const isOwn = (me: Pick<Me, 'employee'>, caller: Pick<MonitoredSession['caller'], 'employeeId'>): boolean =>
  me.employee !== null && me.employee.id === caller.employeeId;
