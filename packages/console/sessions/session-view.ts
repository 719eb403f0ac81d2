import { type AccessPath, accessPath } from '@clawpool/contracts';

/** Rows of one page. */
export const pageSize = 50;

export const sessionStates = ['active', 'open', 'taken_over', 'ended', 'all'] as const;
export type SessionFilter = (typeof sessionStates)[number];

/** Which sessions are shown. It is the page's address, so everything that is as usual is absent. */
export interface SessionView {
  /** `active` unless given. */
  state?: SessionFilter | undefined;
  path?: AccessPath | undefined;
  search?: string | undefined;
  /** From 1. */
  page?: number | undefined;
}

/** Reads an address that anybody may have written. */
export function sessionViewOf(search: Record<string, unknown>): SessionView {
  const page = Number(search.page);
  const view: SessionView = {
    state: sessionStates.find((state) => state === search.state && state !== 'active'),
    path: accessPath.options.find((path) => path === search.path),
    search: textOf(search.search),
    page: Number.isSafeInteger(page) && page > 1 && page < 2_000 ? page : undefined,
  };
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== undefined));
}

/** The router reads `?search=007` as a number; in this address it is a text. */
function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return String(value).slice(0, 100) || undefined;
}

/** The same view as the server is asked for it. */
export function queryOf({ state, path, search, page }: SessionView) {
  return { state: state ?? ('active' as const), path, search, limit: pageSize, offset: ((page ?? 1) - 1) * pageSize };
}

let last: SessionView = {};

/** The list as it was left: a session's page leads back to it. */
export const lastView = (): SessionView => last;

export function rememberView(view: SessionView): void {
  last = view;
}
