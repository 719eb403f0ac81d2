import type { ClientError } from '@clawpool/client';
import type { Tenant, TenantEvent } from '@clawpool/contracts';
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useEvents } from '../api/use-events.ts';
import { tenantKey, tenantListKey } from './queries.ts';
import { needsReload, type TenantPage, withTenantEvents } from './tenant-list.ts';

/** Changes are shown together this often: a thousand tenants that report their memory must not redraw the page each time. */
const showEveryMs = 250;
/** Rows that come, go or change places, and the counts, are asked for at most this often. */
const reloadEveryMs = 2_000;

/**
 * Keeps every tenant that is on the page up to date while the component is there: rows and pages of single tenants are changed in
 * place; what only the server can tell (counts, order, which rows, what was done) is asked again, not more often than every two seconds.
 */
export function useTenantEvents(onRefused: (error: ClientError) => void): void {
  const queryClient = useQueryClient();
  const waiting = useRef<TenantEvent[]>([]);
  const showing = useRef<ReturnType<typeof setTimeout>>(undefined);
  const reloading = useRef<ReturnType<typeof setTimeout>>(undefined);

  const reload = () => {
    reloading.current ??= setTimeout(() => {
      reloading.current = undefined;
      for (const queryKey of [tenantListKey, ['tenants', 'operations'], ['tenants', 'timeline']]) {
        void queryClient.invalidateQueries({ queryKey });
      }
    }, reloadEveryMs);
  };
  const show = () => {
    showing.current = undefined;
    const events = waiting.current;
    waiting.current = [];
    if (apply(queryClient, events)) reload();
  };
  useEffect(
    () => () => {
      clearTimeout(showing.current);
      clearTimeout(reloading.current);
      showing.current = undefined;
      reloading.current = undefined;
    },
    [],
  );

  useEvents(
    'tenants',
    'tenantEvents',
    {},
    (event) => {
      // The stream has begun anew: whatever happened in between was told to nobody.
      if (event.type === 'snapshot') void queryClient.invalidateQueries({ queryKey: ['tenants'] });
      else {
        waiting.current.push(event);
        showing.current ??= setTimeout(show, showEveryMs);
      }
    },
    onRefused,
  );
}

/** True when what only the server can tell has to be asked for again. */
function apply(queryClient: QueryClient, events: readonly TenantEvent[]): boolean {
  let stale = false;
  for (const [key, page] of queryClient.getQueriesData<TenantPage>({ queryKey: tenantListKey })) {
    if (!page) continue;
    stale ||= needsReload(page, events);
    const next = withTenantEvents(page, events);
    if (next !== page) queryClient.setQueryData(key, next);
  }
  for (const event of events) {
    if (event.type === 'tenant') {
      // Under whatever name its page was opened.
      for (const [key, known] of queryClient.getQueriesData<Tenant>({ queryKey: ['tenants', 'one'] })) {
        if (known?.id !== event.tenant.id) continue;
        stale ||= known.state !== event.tenant.state || known.operation?.phase !== event.tenant.operation?.phase;
        queryClient.setQueryData(key, event.tenant);
      }
    } else if (event.type === 'gone') {
      void queryClient.invalidateQueries({ queryKey: tenantKey(event.tenantId) });
    }
  }
  return stale;
}
