/** Calls without a turn (compactions, heartbeats, a runtime that leaves the line out) share one allowance per this many milliseconds. */
const noTurnWindowMs = 60_000;
/** A turn that has been quiet for this long is over; its counts are forgotten. */
const forgetAfterMs = 60 * 60 * 1000;

export interface TurnLedger {
  /** Counts one model call of a turn and tells how many there have been, this one included. */
  countCall(tenantId: string, turnId: string | null): number;
  /** True the first time a turn is asked about a tool, so that a refusal is recorded once and not with every call. */
  firstRefusal(tenantId: string, turnId: string | null, tool: string): boolean;
}

interface Entry {
  calls: number;
  refused: Set<string>;
  startedAt: number;
  touchedAt: number;
}

/** Remembers what each turn has caused so far. In memory: a turn does not outlive the runtime that it runs in. */
export function createTurnLedger(now: () => number): TurnLedger {
  const entries = new Map<string, Entry>();

  const entryOf = (tenantId: string, turnId: string | null): Entry => {
    const key = `${tenantId}\n${turnId ?? ''}`;
    const time = now();
    let entry = entries.get(key);
    if (!entry || (turnId === null && time - entry.startedAt >= noTurnWindowMs)) {
      entry = { calls: 0, refused: new Set(), startedAt: time, touchedAt: time };
      forgetOld(entries, time);
    }
    entry.touchedAt = time;
    // Deleted and set again: the map stays ordered by last use, which is what makes forgetting cheap.
    entries.delete(key);
    entries.set(key, entry);
    return entry;
  };

  return {
    countCall(tenantId, turnId) {
      const entry = entryOf(tenantId, turnId);
      entry.calls += 1;
      return entry.calls;
    },
    firstRefusal(tenantId, turnId, tool) {
      const { refused } = entryOf(tenantId, turnId);
      if (refused.has(tool)) return false;
      refused.add(tool);
      return true;
    },
  };
}

function forgetOld(entries: Map<string, Entry>, time: number): void {
  for (const [key, entry] of entries) {
    if (time - entry.touchedAt < forgetAfterMs) return;
    entries.delete(key);
  }
}
