import type { BatchBody } from '@clawpool/contracts';
import { useSyncExternalStore } from 'react';
import { api } from '../api/api.ts';
import type { Selection } from './selection.ts';
import { batchFilterOf, queryOf, type TenantView } from './tenant-view.ts';

/** Which tenants a batch is for: those that were chosen, by id; all that fit, by the filter where it can say so. */
export async function targetsOf(
  selection: Selection,
  view: TenantView,
): Promise<Pick<BatchBody, 'ids'> | Pick<BatchBody, 'filter'>> {
  if (!selection.everything) return { ids: [...selection.ids.keys()] };
  const filter = batchFilterOf(view);
  return filter ? { filter } : { ids: await allIds(view) };
}

/** The most that the server gives in one answer. */
const atOnce = 1_000;

async function allIds(view: TenantView): Promise<string[]> {
  const ids = new Set<string>();
  for (let offset = 0; ; offset += atOnce) {
    const query = { ...queryOf(view), sort: 'created' as const, offset, limit: atOnce };
    const { tenants, total } = await api.call('listTenants', { query });
    for (const { id } of tenants) ids.add(id);
    if (tenants.length === 0 || offset + atOnce >= total) return [...ids];
  }
}

/** The batch whose progress is shown; it stays while the person looks at a tenant and comes back. */
let shown: string | null = null;
const listeners = new Set<() => void>();

export function showBatch(batchId: string | null): void {
  shown = batchId;
  for (const listener of listeners) listener();
}

export function useShownBatch(): string | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}
