import type { Me } from '@clawpool/contracts';

/** The sidebar: what a person does every day first, what governs it last. */
export const pageGroups = {
  work: ['chat', 'files', 'profile', 'schedules', 'myRequests', 'myChannels', 'twin'],
  governance: ['dashboard', 'agentFactory', 'soul', 'workspace', 'security', 'approvals'],
  agents: ['tenants', 'templates', 'backups', 'pool', 'loadTest'],
  conversations: ['sessions', 'routing', 'channelAccounts', 'deliveries', 'integrations'],
  organization: ['departments', 'positions', 'employees', 'assignments', 'directory', 'identity', 'audit'],
} as const;
export type PageGroup = keyof typeof pageGroups;
export type PageName = (typeof pageGroups)[PageGroup][number];

const groups = Object.keys(pageGroups) as PageGroup[];

/** Where each page is, in the router's words. */
export const routeOf = {
  chat: '/chat/{-$conversationId}',
  schedules: '/schedules',
  myChannels: '/channels',
  twin: '/twin',
  tenants: '/tenants',
  templates: '/templates',
  backups: '/backups',
  pool: '/pool',
  loadTest: '/load-test',
  sessions: '/sessions',
  routing: '/routing',
  channelAccounts: '/channel-accounts',
  deliveries: '/deliveries',
  integrations: '/integrations',
  profile: '/profile',
  files: '/files',
  myRequests: '/requests',
  dashboard: '/dashboard',
  agentFactory: '/agents',
  soul: '/soul',
  workspace: '/workspace',
  security: '/security',
  approvals: '/approvals',
  departments: '/departments',
  positions: '/positions',
  employees: '/employees',
  assignments: '/assignments',
  directory: '/directory',
  identity: '/sign-in-settings',
  audit: '/audit',
} as const;

type Somebody = Pick<Me, 'roles' | 'employee'>;

const has = ({ roles }: Pick<Me, 'roles'>, ...wanted: Me['roles']) => roles.some((role) => wanted.includes(role));

/** The pages a person sees, in the order of the sidebar. The server decides for itself what it hands out. */
export function pagesOf(me: Somebody): PageName[] {
  return groupsOf(me).flatMap(({ pages }) => pages);
}

/** The same in the sidebar's groups; a group without a page is not there. */
export function groupsOf(me: Somebody): { group: PageGroup; pages: PageName[] }[] {
  const visible: Record<PageName, boolean> = {
    // Somebody with no page at all still lands in Chat, which says that there is no agent yet.
    chat: me.employee !== null || !has(me, 'operator', 'admin', 'manager', 'auditor'),
    // All three are about an agent of one's own.
    schedules: me.employee !== null,
    myChannels: me.employee !== null,
    twin: me.employee !== null,
    tenants: has(me, 'operator', 'admin', 'manager', 'auditor'),
    templates: mayReadPool(me),
    backups: mayReadPool(me),
    pool: mayReadPool(me),
    loadTest: isOperator(me),
    sessions: has(me, 'admin', 'manager', 'auditor'),
    routing: has(me, 'operator', 'admin', 'manager', 'auditor'),
    channelAccounts: has(me, 'operator', 'admin', 'auditor'),
    deliveries: has(me, 'operator', 'admin', 'auditor'),
    integrations: has(me, 'admin', 'auditor'),
    profile: me.employee !== null,
    files: me.employee !== null,
    myRequests: me.employee !== null,
    dashboard: has(me, 'admin', 'manager', 'auditor'),
    agentFactory: has(me, 'admin', 'manager', 'auditor'),
    soul: has(me, 'admin', 'manager', 'auditor'),
    workspace: has(me, 'admin', 'manager', 'auditor'),
    security: has(me, 'operator', 'admin', 'manager', 'auditor'),
    approvals: has(me, 'admin', 'manager', 'auditor'),
    departments: has(me, 'admin', 'manager', 'auditor'),
    positions: has(me, 'admin', 'manager', 'auditor'),
    employees: has(me, 'admin', 'manager', 'auditor'),
    assignments: has(me, 'admin', 'manager', 'auditor'),
    directory: has(me, 'admin', 'auditor'),
    identity: has(me, 'admin', 'auditor'),
    audit: has(me, 'admin', 'auditor'),
  };
  return groups
    .map((group) => ({ group, pages: pageGroups[group].filter((page: PageName) => visible[page]) }))
    .filter(({ pages }) => pages.length > 0);
}

/** Hosts, templates, checkpoints: a manager's business ends at their departments' tenants. */
export const mayReadPool = (me: Pick<Me, 'roles'>): boolean => has(me, 'operator', 'admin', 'auditor');

/** Whoever may change tenants, templates and backups; for everybody else pages show no buttons that would be refused. */
export const mayChangePool = (me: Pick<Me, 'roles'>): boolean => has(me, 'operator', 'admin');

/** Routing, bots, API keys and webhooks are the organization's own business: operators look, admins change. */
export const isAdmin = (me: Pick<Me, 'roles'>): boolean => has(me, 'admin');

/** Whoever may answer in place of an agent; the server looks whether the session is in their scope. */
export const mayTakeOver = (me: Pick<Me, 'roles'>): boolean => has(me, 'admin', 'manager');

/** Logs, warm slots, quotas and load tests are the operators' alone. */
export const isOperator = (me: Pick<Me, 'roles'>): boolean => has(me, 'operator');

/** The page on which a person starts. */
export function homeOf(me: Somebody): PageName {
  return pagesOf(me)[0] ?? 'chat';
}

/** Where to go after signing in: only an address of this site, never one that a link from outside has planted. */
export function safeNext(next: string | undefined): string | null {
  if (next === undefined || !/^\/(?![/\\])/.test(next) || /^\/(sign-in|password|second-factor)(?![\w-])/.test(next))
    return null;
  return next;
}
