import type { Me } from '@clawpool/contracts';

export const pages = ['chat', 'tenants', 'audit'] as const;
export type PageName = (typeof pages)[number];

/** Where each page is, in the router's words. */
export const routeOf = { chat: '/chat/{-$conversationId}', tenants: '/tenants', audit: '/audit' } as const;

/** The pages a person sees, in the order of the sidebar. The server decides for itself what it hands out. */
export function pagesOf(me: Pick<Me, 'roles' | 'employee'>): PageName[] {
  const has = (...wanted: Me['roles']) => me.roles.some((role) => wanted.includes(role));
  const visible = {
    // Somebody with no page at all still lands in Chat, which says that there is no agent yet.
    chat: me.employee !== null || !has('operator', 'admin', 'manager', 'auditor'),
    tenants: has('operator', 'admin', 'manager', 'auditor'),
    audit: has('admin', 'auditor'),
  };
  return pages.filter((page) => visible[page]);
}

/** The page on which a person starts. */
export function homeOf(me: Pick<Me, 'roles' | 'employee'>): PageName {
  return pagesOf(me)[0] ?? 'chat';
}

/** Where to go after signing in: only an address of this site, never one that a link from outside has planted. */
export function safeNext(next: string | undefined): string | null {
  if (next === undefined || !/^\/(?![/\\])/.test(next) || /^\/(sign-in|password)\b/.test(next)) return null;
  return next;
}
