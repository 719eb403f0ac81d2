import type { Me } from '@clawpool/contracts';
import { Link, useRouterState } from '@tanstack/react-router';
import { Archive, Boxes, Gauge, LayoutTemplate, MessagesSquare, ScrollText, Server, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConversationList } from '../chat/conversation-list.tsx';
import { Button } from '../design/button.tsx';
import { Mark } from '../design/mark.tsx';
import { MenuContainer } from '../design/menu.tsx';
import { homeOf, type PageName, pagesOf, routeOf } from '../session/access.ts';
import { AccountMenu } from './account-menu.tsx';

const icons: Record<PageName, typeof Boxes> = {
  chat: MessagesSquare,
  tenants: Boxes,
  templates: LayoutTemplate,
  backups: Archive,
  pool: Server,
  loadTest: Gauge,
  audit: ScrollText,
};

export function Sidebar({ me, onClose }: { me: Me; onClose?: () => void }) {
  const { t } = useTranslation();
  const inChat = useRouterState({ select: (state) => /^\/chat\b/.test(state.location.pathname) });
  const pages = pagesOf(me);
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
      {pages.length > 1 && (
        <nav aria-label={t('shell.navigation')} className="shrink-0 px-3 pb-2">
          <ul className="grid gap-0.5">
            {pages.map((page) => {
              const Icon = icons[page];
              return (
                <li key={page}>
                  <Link
                    to={routeOf[page]}
                    params={{ conversationId: undefined }}
                    className="flex h-9 items-center gap-3 rounded-md px-2.5 text-ink-soft transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-pressed aria-[current=page]:font-medium aria-[current=page]:text-ink"
                    activeOptions={{ exact: false, includeSearch: false }}
                  >
                    <Icon className="size-4.5 shrink-0" aria-hidden="true" />
                    {t(`shell.${page}`)}
                  </Link>
                </li>
              );
            })}
          </ul>
        </nav>
      )}
      <div className="flex min-h-0 flex-1 flex-col">{inChat && me.employee && <ConversationList />}</div>
      <div className="shrink-0 border-t p-2">
        <MenuContainer value={container}>
          <AccountMenu me={me} />
        </MenuContainer>
      </div>
    </div>
  );
}
