import type { ToolName } from '@clawpool/contracts';
import { and, eq, inArray, isNull, or, sql } from 'drizzle-orm';
import { recordAudit } from '../../../audit/audit-store.ts';
import type { TurnEndListener } from '../../../conversations/turn-events.ts';
import type { Database } from '../../../store/database.ts';
import { grants } from '../../../store/schema/index.ts';
import { listAgentFacts, rightsOf } from '../../tools/tool-facts-store.ts';
import { onceTools } from '../../tools/tool-standing.ts';
import { grantDetail, grantTarget } from '../decisions/decision-service.ts';
import { clock, endWithNews } from './end-grant.ts';

/**
 * A turn calls a tool that nothing but a grant for once gives: the grant is this turn's from now on. To be called before the call is let through.
 * Rejects when another turn has it, or when it is over by now.
 *
 * @param agent looked up only when it matters; `namesOf`: OpenClaw's names of tools of ours, with those that everybody has
 */
export async function useOnceGrants(
  { db }: Database,
  call: { tenantId: string; turnId: string; tool: string; grantedOnce: boolean },
  agent: () => Promise<{ name: string; namesOf: (tools: readonly ToolName[]) => readonly string[] }>,
  now: Date,
): Promise<void> {
  const { tenantId, turnId } = call;
  const [facts] = await listAgentFacts(db, { tenantId }, now);
  // What such a grant allowed may have lost it since: then none is to be found here, and the call is not done.
  if (!call.grantedOnce && !facts?.grants.some(({ mode }) => mode === 'once')) return;
  if (!facts) throw isOver();
  const { name, namesOf } = await agent();
  const granted = onceTools(facts.tools);
  const otherwise = rightsOf(facts).tools.filter((tool) => granted.every((one) => one.tool !== tool));
  if (namesOf(otherwise).includes(call.tool)) return;
  const once = granted.filter(({ tool }) => namesOf([tool]).includes(call.tool));
  if (once.length === 0 && call.grantedOnce) throw isOver();
  if (once.length === 0 || once.some((one) => one.turnId === turnId)) return;
  await db.transaction(async (tx) => {
    const { organizationId } = facts;
    const [grant] = await tx
      .select()
      .from(grants)
      .where(
        and(
          eq(grants.organizationId, organizationId),
          eq(grants.tenantId, tenantId),
          eq(grants.kind, 'tool'),
          inArray(
            grants.resource,
            once.map(({ tool }) => tool),
          ),
          eq(grants.mode, 'once'),
          isNull(grants.endedAt),
          or(isNull(grants.usedByTurn), eq(grants.usedByTurn, turnId)),
        ),
      )
      .orderBy(sql`${grants.usedByTurn} is null`, grants.createdAt)
      .limit(1)
      .for('update');
    if (!grant) throw new Error('this was granted once, and another turn has it');
    // Another call of this turn was quicker.
    if (grant.usedByTurn === turnId) return;
    await tx
      .update(grants)
      .set({ usedByTurn: turnId })
      .where(and(eq(grants.organizationId, organizationId), eq(grants.id, grant.id)));
    await recordAudit(tx, organizationId, {
      actor: { type: 'agent', id: tenantId, name },
      action: 'grant.used',
      target: grantTarget(grant),
      outcome: 'allowed',
      detail: { ...grantDetail(grant), turnId, tool: call.tool },
    });
  });
}

const isOver = () => new Error('this was granted once, and that is over');

/**
 * Ends, with a turn, what was granted for once and was its own. Of skills and hosts nobody can tell which turn used them: they were the first turn's of the
 * person that began after they had been granted.
 */
export const onceGrantListener: TurnEndListener = async (tx, { turn, at }) => {
  const { organizationId, tenantId, id } = turn;
  const open = await tx
    .select()
    .from(grants)
    .where(
      and(
        eq(grants.organizationId, organizationId),
        eq(grants.tenantId, tenantId),
        eq(grants.mode, 'once'),
        isNull(grants.endedAt),
        or(eq(grants.usedByTurn, id), inArray(grants.kind, ['skill', 'host'])),
      ),
    )
    .orderBy(grants.id)
    .for('update');
  for (const grant of open) {
    const wasHad = grant.usedByTurn === id || (turn.path === 'emp' && turn.acceptedAt >= grant.createdAt);
    if (!wasHad) continue;
    await endWithNews(tx, { ...grant, usedByTurn: id }, { at, because: 'used', by: null, actor: clock });
  }
};
