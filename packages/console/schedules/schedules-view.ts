/** What the Schedules page shows, in its address. */
export interface SchedulesView {
  /** Whose schedules: a tenant's id; absent: one's own agent's. */
  agent?: string;
}

export function schedulesViewOf(search: Record<string, unknown>): SchedulesView {
  return typeof search.agent === 'string' && search.agent !== '' ? { agent: search.agent.slice(0, 64) } : {};
}
