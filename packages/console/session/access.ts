import type { Me } from '@clawpool/contracts';

export const pages = ['chat', 'tenants', 'templates', 'backups', 'pool', 'loadTest', 'audit'] as const;
export type PageName = (typeof pages)[number];

/** Where each page is, in the router's words. */
export const routeOf = {
  chat: '/chat/{-$conversationId}',
  tenants: '/tenants',
  templates: '/templates',
  backups: '/backups',
  pool: '/pool',
  loadTest: '/load-test',
  audit: '/audit',
} as const;

type Somebody = Pick<Me, 'roles' | 'employee'>;

const has = ({ roles }: Pick<Me, 'roles'>, ...wanted: Me['roles']) => roles.some((role) => wanted.includes(role));

/** The pages a person sees, in the order of the sidebar. The server decides for itself what it hands out. */
export function pagesOf(me: Somebody): PageName[] {
  const visible = {
    // Somebody with no page at all still lands in Chat, which says that there is no agent yet.
    chat: me.employee !== null || !has(me, 'operator', 'admin', 'manager', 'auditor'),
    tenants: has(me, 'operator', 'admin', 'manager', 'auditor'),
    templates: mayReadPool(me),
    backups: mayReadPool(me),
    pool: mayReadPool(me),
    loadTest: isOperator(me),
    audit: has(me, 'admin', 'auditor'),
  };
  return pages.filter((page) => visible[page]);
}

/** Hosts, templates, checkpoints: a manager's business ends at their departments' tenants. */
export const mayReadPool = (me: Pick<Me, 'roles'>): boolean => has(me, 'operator', 'admin', 'auditor');

/** Whoever may change tenants, templates and backups; for everybody else pages show no buttons that would be refused. */
export const mayChangePool = (me: Pick<Me, 'roles'>): boolean => has(me, 'operator', 'admin');

/** Logs, warm slots, quotas and load tests are the operators' alone. */
export const isOperator = (me: Pick<Me, 'roles'>): boolean => has(me, 'operator');

/** The page on which a person starts. */
export function homeOf(me: Somebody): PageName {
  return pagesOf(me)[0] ?? 'chat';
}

/** Where to go after signing in: only an address of this site, never one that a link from outside has planted. */
export function safeNext(next: string | undefined): string | null {
  if (next === undefined || !/^\/(?![/\\])/.test(next) || /^\/(sign-in|password)\b/.test(next)) return null;
  return next;
}
