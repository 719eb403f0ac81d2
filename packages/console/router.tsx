import { ClientError } from '@clawpool/client';
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { agentViewOf } from './agent-factory/agent-view.ts';
import { queryClient, whenSessionEnds } from './api/api.ts';
import { type AuditFilter, meQuery } from './api/queries.ts';
import { approvalsViewOf } from './approvals/approvals-view.ts';
import { filesViewOf } from './files/files-view.ts';
import { type IdentityTab, identityTabs } from './identity/identity-tabs.ts';
import { assignmentsViewOf, departmentsViewOf, employeesViewOf, positionsViewOf } from './organization/views.ts';
import { routingViewOf } from './routing/routing-view.ts';
import { schedulesViewOf } from './schedules/schedules-view.ts';
import { securityViewOf } from './security/security-view.ts';
import { homeOf, routeOf } from './session/access.ts';
import { SignInPage } from './session/sign-in-page.tsx';
import { signInViewOf } from './session/sign-in-view.ts';
import { sessionViewOf } from './sessions/session-view.ts';
import { ErrorPage, NotFoundPage, StartingPage } from './shell/problem-pages.tsx';
import { Shell } from './shell/shell.tsx';
import { soulViewOf } from './soul/soul-view.ts';
import { type TenantTab, tenantTabs } from './tenant/tenant-tabs.ts';
import { tenantViewOf } from './tenants/tenant-view.ts';

const root = createRootRoute({ component: Outlet });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: signInViewOf,
  component: SignInPage,
});

/** A person's digital twin, for anybody with the link. */
const visitor = createRoute({
  getParentRoute: () => root,
  path: '/t/$token',
  component: lazyRouteComponent(() => import('./twin/visitor-page.tsx'), 'VisitorPage'),
});

/** Everything below needs a person. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ location }) => {
    try {
      return { me: await queryClient.ensureQueryData(meQuery) };
    } catch (error) {
      if (!(error instanceof ClientError) || error.status !== 401) throw error;
      throw redirect({
        to: '/sign-in',
        search: {
          ...(location.pathname === '/' ? {} : { next: location.href }),
          ...(error.code === 'session_expired' ? { reason: 'expired' } : {}),
        },
      });
    }
  },
});

const password = createRoute({
  getParentRoute: () => signedIn,
  path: '/password',
  component: lazyRouteComponent(() => import('./session/password-page.tsx'), 'PasswordPage'),
});

const secondFactor = createRoute({
  getParentRoute: () => signedIn,
  path: '/second-factor',
  component: lazyRouteComponent(() => import('./session/second-factor-page.tsx'), 'SecondFactorPage'),
});

/** Everything below needs a person with a password of their own, and with a second factor where one is demanded. */
const house = createRoute({
  getParentRoute: () => signedIn,
  id: 'house',
  beforeLoad: ({ context: { me } }) => {
    if (me.mustChangePassword) throw redirect({ to: '/password' });
    if (me.mustSetUpSecondFactor) throw redirect({ to: '/second-factor' });
  },
  component: Shell,
});

const home = createRoute({
  getParentRoute: () => house,
  path: '/',
  beforeLoad: ({ context: { me } }) => {
    throw redirect({ to: routeOf[homeOf(me)], replace: true });
  },
});

/** Without an id: a conversation that begins with the first message. */
const chat = createRoute({
  getParentRoute: () => house,
  path: '/chat/{-$conversationId}',
  validateSearch: (search: Record<string, unknown>): { message?: string } => {
    const message = textOf(search.message, 64);
    return message === undefined ? {} : { message };
  },
  component: lazyRouteComponent(() => import('./chat/chat-page.tsx'), 'ChatPage'),
});

const schedules = createRoute({
  getParentRoute: () => house,
  path: '/schedules',
  validateSearch: schedulesViewOf,
  component: lazyRouteComponent(() => import('./schedules/schedules-page.tsx'), 'SchedulesPage'),
});

const myChannels = createRoute({
  getParentRoute: () => house,
  path: '/channels',
  component: lazyRouteComponent(() => import('./channels/my-channels-page.tsx'), 'MyChannelsPage'),
});

const twin = createRoute({
  getParentRoute: () => house,
  path: '/twin',
  component: lazyRouteComponent(() => import('./twin/my-twin-page.tsx'), 'MyTwinPage'),
});

/** The filter is in the address: it can be sent to somebody, and is there again on the way back from a tenant. */
const tenants = createRoute({
  getParentRoute: () => house,
  path: '/tenants',
  validateSearch: tenantViewOf,
  component: lazyRouteComponent(() => import('./tenants/tenants-page.tsx'), 'TenantsPage'),
});

const tenant = createRoute({
  getParentRoute: () => house,
  path: '/tenants/$tenantId',
  validateSearch: (search: Record<string, unknown>): { tab?: TenantTab } => {
    const tab = tenantTabs.find((candidate) => candidate === search.tab);
    return tab && tab !== 'overview' ? { tab } : {};
  },
  component: lazyRouteComponent(() => import('./tenant/tenant-page.tsx'), 'TenantPage'),
});

const templates = createRoute({
  getParentRoute: () => house,
  path: '/templates',
  component: lazyRouteComponent(() => import('./templates/templates-page.tsx'), 'TemplatesPage'),
});

const backups = createRoute({
  getParentRoute: () => house,
  path: '/backups',
  component: lazyRouteComponent(() => import('./backups/backups-page.tsx'), 'BackupsPage'),
});

const pool = createRoute({
  getParentRoute: () => house,
  path: '/pool',
  component: lazyRouteComponent(() => import('./pool/pool-page.tsx'), 'PoolPage'),
});

const loadTest = createRoute({
  getParentRoute: () => house,
  path: '/load-test',
  component: lazyRouteComponent(() => import('./load-test/load-test-page.tsx'), 'LoadTestPage'),
});

const sessions = createRoute({
  getParentRoute: () => house,
  path: '/sessions',
  validateSearch: sessionViewOf,
  component: lazyRouteComponent(() => import('./sessions/sessions-page.tsx'), 'SessionsPage'),
});

const session = createRoute({
  getParentRoute: () => house,
  path: '/sessions/$conversationId',
  component: lazyRouteComponent(() => import('./sessions/session-page.tsx'), 'SessionPage'),
});

const routing = createRoute({
  getParentRoute: () => house,
  path: '/routing',
  validateSearch: routingViewOf,
  component: lazyRouteComponent(() => import('./routing/routing-page.tsx'), 'RoutingPage'),
});

const channelAccounts = createRoute({
  getParentRoute: () => house,
  path: '/channel-accounts',
  component: lazyRouteComponent(() => import('./channel-accounts/channel-accounts-page.tsx'), 'ChannelAccountsPage'),
});

const deliveries = createRoute({
  getParentRoute: () => house,
  path: '/deliveries',
  component: lazyRouteComponent(() => import('./deliveries/deliveries-page.tsx'), 'DeliveriesPage'),
});

const integrations = createRoute({
  getParentRoute: () => house,
  path: '/integrations',
  validateSearch: (search: Record<string, unknown>): { tab?: 'webhooks' } =>
    search.tab === 'webhooks' ? { tab: 'webhooks' } : {},
  component: lazyRouteComponent(() => import('./integrations/integrations-page.tsx'), 'IntegrationsPage'),
});

const profile = createRoute({
  getParentRoute: () => house,
  path: '/profile',
  component: lazyRouteComponent(() => import('./profile/profile-page.tsx'), 'ProfilePage'),
});

const files = createRoute({
  getParentRoute: () => house,
  path: '/files',
  validateSearch: filesViewOf,
  component: lazyRouteComponent(() => import('./files/files-page.tsx'), 'FilesPage'),
});

const myRequests = createRoute({
  getParentRoute: () => house,
  path: '/requests',
  component: lazyRouteComponent(() => import('./my-requests/my-requests-page.tsx'), 'MyRequestsPage'),
});

const dashboard = createRoute({
  getParentRoute: () => house,
  path: '/dashboard',
  component: lazyRouteComponent(() => import('./dashboard/dashboard-page.tsx'), 'DashboardPage'),
});

const agentFactory = createRoute({
  getParentRoute: () => house,
  path: '/agents',
  validateSearch: agentViewOf,
  component: lazyRouteComponent(() => import('./agent-factory/agent-factory-page.tsx'), 'AgentFactoryPage'),
});

const agent = createRoute({
  getParentRoute: () => house,
  path: '/agents/$tenantId',
  component: lazyRouteComponent(() => import('./agent-factory/agent-page.tsx'), 'AgentPage'),
});

const soul = createRoute({
  getParentRoute: () => house,
  path: '/soul',
  validateSearch: soulViewOf,
  component: lazyRouteComponent(() => import('./soul/soul-page.tsx'), 'SoulPage'),
});

const layer = createRoute({
  getParentRoute: () => house,
  path: '/soul/$scope/$ownerId',
  validateSearch: (search: Record<string, unknown>): { proposal?: string } => {
    const proposal = textOf(search.proposal, 64);
    return proposal === undefined ? {} : { proposal };
  },
  component: lazyRouteComponent(() => import('./soul/layer-page.tsx'), 'LayerPage'),
});

const workspace = createRoute({
  getParentRoute: () => house,
  path: '/workspace',
  validateSearch: filesViewOf,
  component: lazyRouteComponent(() => import('./workspace/workspace-page.tsx'), 'WorkspacePage'),
});

const security = createRoute({
  getParentRoute: () => house,
  path: '/security',
  validateSearch: securityViewOf,
  component: lazyRouteComponent(() => import('./security/security-page.tsx'), 'SecurityPage'),
});

const approvals = createRoute({
  getParentRoute: () => house,
  path: '/approvals',
  validateSearch: approvalsViewOf,
  component: lazyRouteComponent(() => import('./approvals/approvals-page.tsx'), 'ApprovalsPage'),
});

const departments = createRoute({
  getParentRoute: () => house,
  path: '/departments',
  validateSearch: departmentsViewOf,
  component: lazyRouteComponent(() => import('./organization/departments-page.tsx'), 'DepartmentsPage'),
});

const positions = createRoute({
  getParentRoute: () => house,
  path: '/positions',
  validateSearch: positionsViewOf,
  component: lazyRouteComponent(() => import('./organization/positions-page.tsx'), 'PositionsPage'),
});

const employees = createRoute({
  getParentRoute: () => house,
  path: '/employees',
  validateSearch: employeesViewOf,
  component: lazyRouteComponent(() => import('./organization/employees-page.tsx'), 'EmployeesPage'),
});

const assignments = createRoute({
  getParentRoute: () => house,
  path: '/assignments',
  validateSearch: assignmentsViewOf,
  component: lazyRouteComponent(() => import('./organization/assignments-page.tsx'), 'AssignmentsPage'),
});

const directory = createRoute({
  getParentRoute: () => house,
  path: '/directory',
  component: lazyRouteComponent(() => import('./directory/directory-page.tsx'), 'DirectoryPage'),
});

const identity = createRoute({
  getParentRoute: () => house,
  path: '/sign-in-settings',
  validateSearch: (search: Record<string, unknown>): { tab?: IdentityTab } => {
    const tab = identityTabs.find((candidate) => candidate === search.tab);
    return tab && tab !== 'providers' ? { tab } : {};
  },
  component: lazyRouteComponent(() => import('./identity/identity-page.tsx'), 'IdentityPage'),
});

const audit = createRoute({
  getParentRoute: () => house,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>): AuditFilter => ({
    outcome: (['allowed', 'refused', 'failed'] as const).find((outcome) => outcome === search.outcome),
    action: textOf(search.action, 64),
    search: textOf(search.search, 100),
    actor: (['person', 'agent', 'system'] as const).find((actor) => actor === search.actor),
    since: timeOf(search.since),
  }),
  component: lazyRouteComponent(() => import('./audit/audit-page.tsx'), 'AuditPage'),
});

function timeOf(value: unknown): string | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** The router reads `?search=007` as a number; in this address it is a text. */
function textOf(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return String(value).slice(0, maxLength) || undefined;
}

/** Every other address. */
const nowhere = createRoute({ getParentRoute: () => house, path: '$', component: NotFoundPage });

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    visitor,
    signedIn.addChildren([
      password,
      secondFactor,
      house.addChildren([
        home,
        chat,
        schedules,
        myChannels,
        twin,
        tenants,
        tenant,
        templates,
        backups,
        pool,
        loadTest,
        sessions,
        session,
        routing,
        channelAccounts,
        deliveries,
        integrations,
        profile,
        files,
        myRequests,
        dashboard,
        agentFactory,
        agent,
        soul,
        layer,
        workspace,
        security,
        approvals,
        departments,
        positions,
        employees,
        assignments,
        directory,
        identity,
        audit,
        nowhere,
      ]),
    ]),
  ]),
  defaultPreload: 'intent',
  defaultErrorComponent: ErrorPage,
  defaultPendingComponent: StartingPage,
  defaultPendingMs: 300,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

let leaving = false;

whenSessionEnds(async (why) => {
  const { pathname, href } = router.state.location;
  // Before there was a person, the way to the sign-in page is `signedIn`'s own, and nothing has ended.
  const wasSignedIn = queryClient.getQueryData(meQuery.queryKey) !== undefined;
  if (leaving || !wasSignedIn || pathname === '/sign-in') return;
  leaving = true;
  if (why === 'password' || why === 'second-factor') {
    await queryClient.invalidateQueries(meQuery);
    await router.navigate({ to: why === 'password' ? '/password' : '/second-factor' });
  } else {
    await router.navigate({ to: '/sign-in', search: { reason: 'expired', next: href } });
    queryClient.removeQueries(meQuery);
  }
  leaving = false;
});
