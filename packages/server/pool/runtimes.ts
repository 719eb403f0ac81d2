/** Which tenants' gateways answer, as far as this process knows, and which of them have a turn now. */
export interface Runtimes {
  get(tenantId: string): RunningRuntime | null;
  /** Ids of all that run. */
  ids(): string[];
  started(tenantId: string, runtime: RunningRuntime): void;
  /** It does not answer any more. A generation: only when it is still that one. */
  ended(tenantId: string, generation?: number): void;
  /** A turn begins; call what comes back when it is over. */
  turn(tenantId: string): () => void;
  busy(): ReadonlySet<string>;
}

export interface RunningRuntime {
  organizationId: string;
  hostId: string;
  generation: number;
  /** Of the definition it was started or configured with last; absent: not known in this process. */
  agentRevision?: number;
}

export function createRuntimes(): Runtimes {
  const running = new Map<string, RunningRuntime>();
  const turns = new Map<string, number>();
  return {
    get: (tenantId) => running.get(tenantId) ?? null,
    ids: () => [...running.keys()],
    started: (tenantId, runtime) => void running.set(tenantId, runtime),
    ended: (tenantId, generation) => {
      if (generation === undefined || running.get(tenantId)?.generation === generation) running.delete(tenantId);
    },
    turn: (tenantId) => {
      turns.set(tenantId, (turns.get(tenantId) ?? 0) + 1);
      return () => {
        const left = (turns.get(tenantId) ?? 1) - 1;
        if (left > 0) turns.set(tenantId, left);
        else turns.delete(tenantId);
      };
    },
    busy: () => new Set(turns.keys()),
  };
}
