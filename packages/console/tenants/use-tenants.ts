import type { ClientError } from '@clawpool/client';
import type { TenantEvent } from '@clawpool/contracts';
import { useEffect, useRef, useState } from 'react';
import { useEvents } from '../api/use-events.ts';
import { type Tenants, withTenantEvents } from './tenant-list.ts';

/** Changes are shown together this often: a thousand tenants that report their memory must not redraw the page each time. */
const showEveryMs = 250;

/** The tenants in the person's scope, live. `tenants` is null until they are known. */
export function useTenants(): { tenants: Tenants | null; refusal: ClientError | null; tryAgain: () => void } {
  const [tenants, setTenants] = useState<Tenants | null>(null);
  const [refusal, setRefusal] = useState<ClientError | null>(null);
  const [attempt, setAttempt] = useState(0);
  const waiting = useRef<TenantEvent[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const show = () => {
    timer.current = undefined;
    const events = waiting.current;
    waiting.current = [];
    setTenants((before) => withTenantEvents(before ?? new Map(), events));
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  useEvents(
    `tenants ${attempt}`,
    'tenantEvents',
    {},
    (event) => {
      waiting.current.push(event);
      if (event.type === 'snapshot') {
        clearTimeout(timer.current);
        show();
      } else {
        timer.current ??= setTimeout(show, showEveryMs);
      }
    },
    setRefusal,
  );

  return {
    tenants,
    refusal,
    tryAgain: () => {
      setRefusal(null);
      setAttempt(attempt + 1);
    },
  };
}
