import { ClawpoolError, type DeadLetter, type DeliveryFigures } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { type Notifications, notify } from '../../store/notifications.ts';
import { countTurns } from '../turn-store.ts';
import {
  countDeliveries,
  countSwitchedOff,
  type Direction,
  discardDead,
  listDead,
  reviveDead,
} from './dead-letter-store.ts';

/** What could not be delivered, in all three queues. Ids are `inbound:…`, `outbound:…` and `webhook:…`. */
export interface DeadLetters {
  list(
    principal: Principal,
    query: { direction?: Direction | undefined; limit: number; offset: number },
  ): Promise<{ letters: DeadLetter[]; total: number }>;
  /**
   * Resolves with how many there were; ids that are unknown, not dead any more, or for an endpoint that is switched off, are left out.
   *
   * @throws ClawpoolError `conflict`: none is left, because their endpoints are switched off
   */
  replay(principal: Principal, ids: readonly string[]): Promise<number>;
  discard(principal: Principal, ids: readonly string[]): Promise<number>;
  figures(of: Pick<Principal, 'organizationId'>): Promise<DeliveryFigures>;
}

const ready = {
  inbound: 'inbox_received',
  outbound: 'outbox_ready',
  webhook: 'webhook_ready',
} as const satisfies Record<Direction, keyof Notifications>;

export function createDeadLetters({ db }: Database): DeadLetters {
  async function change(
    { organizationId, userId, name }: Principal,
    ids: readonly string[],
    { action, apply }: { action: string; apply: typeof reviveDead },
  ): Promise<number> {
    return db.transaction(async (tx) => {
      let changed = 0;
      for (const direction of Object.keys(ready) as Direction[]) {
        const own = idsOf(direction, ids);
        const count = own.length === 0 ? 0 : await apply(tx, organizationId, direction, own);
        if (count === 0) continue;
        changed += count;
        await recordAudit(tx, organizationId, {
          actor: { type: 'person', id: userId, name },
          action,
          target: { type: 'delivery', id: direction, name: direction },
          outcome: 'allowed',
          detail: { count, ids: own },
        });
        await tell(tx, direction);
      }
      return changed;
    });
  }

  return {
    list: ({ organizationId }, query) => listDead(db, organizationId, query),
    replay: async (principal, ids) => {
      const count = await change(principal, ids, { action: 'delivery.replayed', apply: reviveDead });
      if (count > 0 || (await countSwitchedOff(db, principal.organizationId, idsOf('webhook', ids))) === 0)
        return count;
      throw new ClawpoolError(
        'conflict',
        'The endpoint is switched off, so nothing is sent to it.',
        'Switch it on in the list of webhooks first, or give these up.',
      );
    },
    discard: (principal, ids) => change(principal, ids, { action: 'delivery.discarded', apply: discardDead }),
    figures: async ({ organizationId }) => {
      const turns = await countTurns(db, organizationId);
      return {
        ...(await countDeliveries(db, organizationId)),
        turnsWaiting: turns.waiting,
        turnsRunning: turns.running,
      };
    },
  };
}

const idsOf = (direction: Direction, ids: readonly string[]): string[] =>
  ids.filter((id) => id.startsWith(`${direction}:`)).map((id) => id.slice(direction.length + 1));

const tell = (tx: Transaction, direction: Direction) => notify(tx, ready[direction], {});
