import { useSyncExternalStore } from 'react';

/** Columns of the table in their order. The name and the actions are always there. */
export const columns = [
  'id',
  'state',
  'group',
  'tags',
  'cpus',
  'memory',
  'disk',
  'address',
  'port',
  'image',
  'health',
  'gateway',
  'tier',
  'host',
  'lastActive',
  'created',
] as const;
export type Column = (typeof columns)[number];

/** Those that a person has not asked for are not in their way. */
const hiddenAtFirst: readonly Column[] = ['tier', 'host', 'lastActive', 'created'];

const storageKey = 'clawpool.tenants.hidden-columns';
const listeners = new Set<() => void>();

/** Reads what this browser remembers; anything that is no column of today is forgotten. */
export function hiddenColumnsOf(stored: string | null): readonly Column[] {
  if (stored === null) return hiddenAtFirst;
  const names = stored.split(',');
  return columns.filter((column) => names.includes(column));
}

let known: { stored: string | null; shown: readonly Column[] } | undefined;

/** The same array as long as nothing changes: React compares it. */
function shownColumns(): readonly Column[] {
  const stored = localStorage.getItem(storageKey);
  if (known?.stored !== stored) {
    const hidden = hiddenColumnsOf(stored);
    known = { stored, shown: columns.filter((column) => !hidden.includes(column)) };
  }
  return known?.shown ?? columns;
}

export function useShownColumns(): readonly Column[] {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, shownColumns);
}

export function showColumns(shown: readonly Column[]): void {
  localStorage.setItem(storageKey, columns.filter((column) => !shown.includes(column)).join(','));
  for (const listener of listeners) listener();
}

export function showUsualColumns(): void {
  localStorage.removeItem(storageKey);
  for (const listener of listeners) listener();
}
