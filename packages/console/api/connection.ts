import { useSyncExternalStore } from 'react';

/** Which event streams are down right now; a page that shows live data must say when it is not. */
const lost = new Set<string>();
const listeners = new Set<() => void>();

export function reportStream(stream: string, connected: boolean): void {
  const before = lost.size;
  if (connected) lost.delete(stream);
  else lost.add(stream);
  if (lost.size !== before) for (const listener of listeners) listener();
}

export type Connection = 'connected' | 'reconnecting' | 'offline';

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => {
    if (lost.size === 0) return 'connected';
    return navigator.onLine ? 'reconnecting' : 'offline';
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener('online', listener);
  window.addEventListener('offline', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('online', listener);
    window.removeEventListener('offline', listener);
  };
}
