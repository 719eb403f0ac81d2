import type { Me } from '@clawpool/contracts';
import { Link, useRouterState } from '@tanstack/react-router';
import {
  Archive,
  Blocks,
  Bot,
  Boxes,
  BriefcaseBusiness,
  CalendarClock,
  Factory,
  Feather,
  FolderOpen,
  FolderTree,
  Gauge,
  HandHelping,
  Inbox,
  KeyRound,
  LayoutDashboard,
  LayoutTemplate,
  Link2,
  MessagesSquare,
  Network,
  Radio,
  RefreshCw,
  ScrollText,
  Server,
  ShieldCheck,
  Smartphone,
  Stamp,
  UserRound,
  Users,
  UsersRound,
  Waypoints,
  X,
} from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConversationList } from '../chat/conversation-list.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Mark } from '../design/mark.tsx';
import { MenuContainer } from '../design/menu.tsx';
import { groupsOf, homeOf, type PageName, routeOf } from '../session/access.ts';
import { AccountMenu } from './account-menu.tsx';

const icons: Record<PageName, typeof Boxes> = {
  chat: MessagesSquare,
  schedules: CalendarClock,
  myChannels: Smartphone,
  twin: UsersRound,
  tenants: Boxes,
  templates: LayoutTemplate,
  backups: Archive,
  pool: Server,
  loadTest: Gauge,
  sessions: Radio,
  routing: Waypoints,
  channelAccounts: Bot,
  deliveries: Inbox,
  integrations: Blocks,
  profile: UserRound,
  files: FolderOpen,
  myRequests: HandHelping,
  dashboard: LayoutDashboard,
  agentFactory: Factory,
  soul: Feather,
  workspace: FolderTree,
  security: ShieldCheck,
  approvals: Stamp,
  departments: Network,
  positions: BriefcaseBusiness,
  employees: Users,
  assignments: Link2,
  directory: RefreshCw,
  identity: KeyRound,
  audit: ScrollText,
};

export function Sidebar({ me, onClose }: { me: Me; onClose?: () => void }) {
  const { t } = useTranslation();
  const inChat = useRouterState({ select: (state) => /^\/chat\b/.test(state.location.pathname) });
  const conversations = inChat && me.employee !== null;
  const groups = groupsOf(me);
  // With one page there is nothing to choose.
  const navigable = groups.flatMap(({ pages }) => pages).length > 1;
  const id = useId();
  const [container, setContainer] = useState<HTMLElement | null>(null);
  return (
    <div ref={setContainer} className="flex h-full flex-col">
      <div className="flex h-16 shrink-0 items-center justify-between ps-5 pe-3">
        <Link
          to={routeOf[homeOf(me)]}
          params={{ conversationId: undefined }}
          className="flex min-w-0 items-center gap-2.5 rounded-md font-semibold tracking-tight"
        >
          <Mark className="size-7 shrink-0 text-accent" />
          <span className="grid min-w-0 leading-tight">
            Clawpool
            <span className="truncate font-normal text-ink-faint text-xs tracking-normal">{me.organization.name}</span>
          </span>
        </Link>
        {onClose && (
          <Button kind="ghost" size="icon" aria-label={t('common.close')} onClick={onClose}>
            <X aria-hidden="true" />
          </Button>
        )}
      </div>
      {navigable && (
        <nav
          aria-label={t('shell.navigation')}
          className={classNames(
            'overflow-y-auto px-3 pb-2',
            conversations ? 'mb-3 max-h-[50%] shrink-0 border-b' : 'min-h-0 flex-1',
          )}
        >
          {groups.map(({ group, pages }) => (
            <section key={group} aria-labelledby={`${id}-${group}`} className="mt-4 first:mt-0">
              <h2
                id={`${id}-${group}`}
                className={classNames(
                  'px-2.5 pb-1 font-medium text-ink-faint text-xs tracking-normal',
                  groups.length === 1 && 'sr-only',
                )}
              >
                {t(`shell.groups.${group}`)}
              </h2>
              <ul className="grid gap-0.5">
                {pages.map((page) => (
                  <li key={page}>
                    <PageLink page={page} />
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </nav>
      )}
      {(conversations || !navigable) && (
        <div className="flex min-h-0 flex-1 flex-col">{conversations && <ConversationList />}</div>
      )}
      <div className="shrink-0 border-t p-2">
        <MenuContainer value={container}>
          <AccountMenu me={me} />
        </MenuContainer>
      </div>
    </div>
  );
}

function PageLink({ page }: { page: PageName }) {
  const { t } = useTranslation();
  const Icon = icons[page];
  return (
    <Link
      to={routeOf[page]}
      params={{ conversationId: undefined }}
      className="flex h-9 items-center gap-3 rounded-md px-2.5 text-ink-soft transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-pressed aria-[current=page]:font-medium aria-[current=page]:text-ink"
      activeOptions={{ exact: false, includeSearch: false }}
    >
      <Icon className="size-4.5 shrink-0" aria-hidden="true" />
      {t(`shell.${page}`)}
    </Link>
  );
}
