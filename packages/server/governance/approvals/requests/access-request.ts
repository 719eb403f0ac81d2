import {
  type AccessKind,
  type AccessRequestState,
  type ApprovalStage,
  ClawpoolError,
  type GrantMode,
  type Risk,
} from '@clawpool/contracts';
import { longestHours } from './risk.ts';

/** Somebody who looks at a request, as far as deciding is concerned. */
export interface Decider {
  employeeId: string | null;
  isAdmin: boolean;
  /** A manager of the department of whoever asks, or of one above it. */
  isManagerOfIt: boolean;
}

export interface Decidable {
  employeeId: string;
  state: AccessRequestState;
  stage: ApprovalStage;
  agreedBy: string | null;
  decidedBy: string | null;
  expiresAt: Date;
}

/**
 * Whether somebody may decide a request, now; null: yes. Admins may at any stage, a manager while it is theirs to say, nobody their own.
 */
export function whyNotDecide(request: Decidable, decider: Decider, now: Date): ClawpoolError | null {
  if (request.employeeId === decider.employeeId) {
    return new ClawpoolError('not_allowed', 'Nobody decides their own request.', 'Your manager, or an admin, will.');
  }
  if (request.state !== 'pending') return alreadyDecided(request);
  if (request.expiresAt <= now) {
    return new ClawpoolError('conflict', 'Nobody decided this in time: it has ended.', 'It can be asked for again.');
  }
  if (decider.isAdmin) return null;
  if (!decider.isManagerOfIt)
    return new ClawpoolError('not_allowed', 'This is not yours to decide.', 'An admin decides it.');
  if (request.stage === 'manager') return null;
  return request.agreedBy === null
    ? new ClawpoolError('not_allowed', 'An admin decides this one.', 'The admins have been told.')
    : new ClawpoolError(
        'conflict',
        `${request.agreedBy} has agreed; an admin decides now.`,
        'The admins have been told.',
      );
}

/** What was granted is taken back by those who may grant: admins, and managers of whom it is. */
export const mayTakeBack = ({ isAdmin, isManagerOfIt }: Pick<Decider, 'isAdmin' | 'isManagerOfIt'>): boolean =>
  isAdmin || isManagerOfIt;

/**
 * What becomes of an approval: a manager's, of something of high risk or of a host, is an agreement, and the admins are asked. Which hosts are reached
 * is the whole organization's business: its network is one.
 */
export const afterApproval = (kind: AccessKind, risk: Risk, decider: Pick<Decider, 'isAdmin'>): 'granted' | 'agreed' =>
  (risk === 'high' || kind === 'host') && !decider.isAdmin ? 'agreed' : 'granted';

/** Hours that a grant lasts; null: for good. Of one for once: until it is used, but a day at most. Error: `invalid_request`. */
export function grantHours(mode: GrantMode, asked: number | null, risk: Risk): number | null {
  if (mode === 'permanent') return null;
  if (mode === 'once') return onceHours;
  if (asked === null) {
    throw new ClawpoolError(
      'invalid_request',
      'For how long?',
      'Say for how many hours, or approve it once or for good.',
    );
  }
  const longest = longestHours(risk);
  if (asked <= longest) return asked;
  throw new ClawpoolError(
    'invalid_request',
    `This is of ${risk} risk: it can be approved for ${longest} hours at most.`,
    `Approve it for ${longest} hours or less, or once.`,
  );
}

/** A grant for once that nobody uses ends after so many hours. */
const onceHours = 24;

function alreadyDecided({ state, decidedBy }: Decidable): ClawpoolError {
  const who = decidedBy === null ? '' : ` by ${decidedBy}`;
  return new ClawpoolError('conflict', `This was ${state}${who} already.`, 'Look at it again.', {
    details: { state, decidedBy },
  });
}
