import type { AuditEvent, GrantEndCause } from '@clawpool/contracts';
import { recordAudit } from '../../../audit/audit-store.ts';
import { markAgents } from '../../../pool/agent-revision.ts';
import type { Transaction } from '../../../store/database.ts';
import { grantDetail, grantTarget } from '../decisions/decision-service.ts';
import { findRequest } from '../requests/access-request-store.ts';
import { tellAsker, thing } from '../tell-people.ts';
import { endGrant, type GrantRow } from './grant-store.ts';

export interface GrantEnd {
  at: Date;
  because: GrantEndCause;
  /** Who took it back. */
  by: string | null;
  actor: AuditEvent['actor'];
}

/** Who ends what nobody ends. */
export const clock = { type: 'system', id: 'grants', name: 'Clawpool' } as const;

/** Ends a grant with all that follows: the trail, the agent's files, and the word to whoever had it. Null: it had ended before. */
export async function endWithNews(tx: Transaction, grant: GrantRow, end: GrantEnd): Promise<GrantRow | null> {
  const ended = await endGrant(tx, grant, end);
  if (!ended) return null;
  const { organizationId, tenantId } = grant;
  await recordAudit(tx, organizationId, {
    actor: end.actor,
    action: 'grant.ended',
    target: grantTarget(grant),
    outcome: 'allowed',
    detail: { ...grantDetail(grant), because: end.because, requestId: grant.requestId, turnId: grant.usedByTurn },
  });
  await markAgents(tx, organizationId, { tenantIds: [tenantId] });
  const asked = await findRequest(tx, organizationId, grant.requestId);
  // Who used it knows, and whoever has no agent any more has been told of that.
  if (asked && end.because !== 'used' && end.because !== 'agent_deleted') {
    const title =
      end.because === 'revoked'
        ? `${end.by} has taken back ${thing(grant)}`
        : `${sentence(thing(grant))} is not granted any more`;
    const text =
      end.because === 'position_changed'
        ? 'Your position has changed. Request it again if you need it in the new one.'
        : '';
    await tellAsker(tx, asked.request, { what: `ended:${grant.id}`, title, text });
  }
  return ended;
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
