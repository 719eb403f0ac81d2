import { ClawpoolError, type Origin, type Resolution } from '@clawpool/contracts';
import type { Database } from '../../store/database.ts';
import type { NotificationListener } from '../../store/notifications.ts';
import { decideRoute } from './route.ts';
import { findRoutingFacts } from './routing-facts-store.ts';

export interface RouteQuestion {
  organizationId: string;
  employeeId: string;
  origin: Origin;
  /** A team's tenant that the employee chose; refused (no tenant in the answer) when it is not shared with them. */
  tenantId?: string | undefined;
}

/** Which tenant answers an employee, and why. Cached; a change of anything it rests on holds within a second. */
export interface Router {
  /**
   * `session` is null: it begins and ends with every conversation, and whoever opens one knows it.
   * Error: `not_found` for an employee that does not exist.
   */
  resolve(question: RouteQuestion): Promise<Resolution>;
  close(): void;
}

/** Answers that are kept: one is about 2 KB. */
const maxOrganizations = 500;
const maxPerOrganization = 20_000;

/** No rule looks at the origin, so answers are kept by employee and choice alone. */
export function createRouter({
  database,
  notifications,
}: {
  database: Database;
  notifications: NotificationListener;
}): Router {
  const cache = new Map<string, Map<string, Promise<Resolution>>>();
  // A forgotten map may still be filled by who began before the change; nobody asks it any more.
  const forget = ({ organizationId }: { organizationId: string }) => void cache.delete(organizationId);
  const stops = [
    notifications.on('routing_changed', forget),
    notifications.on('tenant_changed', forget),
    notifications.onGap(() => cache.clear()),
  ];

  async function decide({ organizationId, employeeId, tenantId }: RouteQuestion): Promise<Resolution> {
    const facts = await findRoutingFacts(database.db, organizationId, employeeId);
    if (!facts) throw noSuchEmployee(employeeId);
    return { ...decideRoute(facts, tenantId), session: null };
  }

  return {
    resolve: async (question) => {
      const answers = cache.get(question.organizationId) ?? new Map<string, Promise<Resolution>>();
      remember(cache, question.organizationId, answers, maxOrganizations);
      const key = JSON.stringify([question.employeeId, question.tenantId ?? null]);
      const known = answers.get(key);
      const answer = known ?? decide(question);
      remember(answers, key, answer, maxPerOrganization);
      try {
        return await answer;
      } catch (error) {
        if (answers.get(key) === answer) answers.delete(key);
        throw error;
      }
    },
    close: () => {
      for (const stop of stops) stop();
      cache.clear();
    },
  };
}

/** Puts it last; the one that was not asked for the longest goes when there is no room. */
function remember<V>(map: Map<string, V>, key: string, value: V, limit: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= limit) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

export const noSuchEmployee = (employeeId: string) =>
  new ClawpoolError('not_found', `There is no employee “${employeeId}”.`, 'Check the employee’s id.');
