/** Lets what is done to one tenant's files happen one after the other; different tenants do not wait for each other. */
export interface TenantLock {
  alone<T>(tenantId: string, work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export function createTenantLock(): TenantLock {
  const last = new Map<string, Promise<unknown>>();

  function alone<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
    const result = (last.get(tenantId) ?? Promise.resolve()).then(work);
    const settled = result
      .catch(() => {}) // told to whoever asked
      .finally(() => {
        if (last.get(tenantId) === settled) last.delete(tenantId);
      });
    last.set(tenantId, settled);
    return result;
  }

  async function idle(): Promise<void> {
    while (last.size > 0) await Promise.all(last.values());
  }

  return { alone, idle };
}
