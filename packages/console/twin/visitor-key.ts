import { newToken } from '../api/token.ts';

/** What tells one visitor's conversation with a twin from another's: made by the page, kept by this browser. */
const storageKey = (token: string) => `clawpool.visitor.${token}`;

export interface Visitor {
  key: string;
  /** They have written before, so there is a conversation to show. */
  wrote: boolean;
}

/** A key is made at the first visit; without storage (a private window that forbids it) it lasts as long as the page. */
export function visitorOf(token: string): Visitor {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey(token)) ?? 'null');
    const { key, wrote } = (stored ?? {}) as Partial<Visitor>;
    if (typeof key === 'string' && /^[0-9a-f]{32}$/.test(key)) return { key, wrote: wrote === true };
  } catch {
    // Not what this page has written: begin anew.
  }
  const visitor = { key: newToken(), wrote: false };
  keepVisitor(token, visitor);
  return visitor;
}

export function keepVisitor(token: string, visitor: Visitor): void {
  try {
    localStorage.setItem(storageKey(token), JSON.stringify(visitor));
  } catch {
    // The conversation goes on; only a reload begins a new one.
  }
}
