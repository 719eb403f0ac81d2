import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Outlet, useRouterState } from '@tanstack/react-router';
import { Menu as MenuIcon, TriangleAlert } from 'lucide-react';
import { createContext, type ReactNode, useContext, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { installationQuery, meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { useMediaQuery } from '../design/media-query.ts';
import { Toasts } from '../design/toast.tsx';
import { NotificationBell } from '../notifications/notification-bell.tsx';
import { useUnreadNotifications } from '../notifications/use-unread.ts';
import { ConnectionNotice } from './connection-notice.tsx';
import { Sidebar } from './sidebar.tsx';

const OpenDrawer = createContext<(() => void) | null>(null);

/** The frame of every page behind the sign-in: sidebar (a drawer on narrow screens), banner, and the page itself. */
export function Shell() {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const { data: installation } = useQuery(installationQuery);
  const wide = useMediaQuery('(min-width: 64rem)');
  const drawer = useRef<HTMLDialogElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const address = useRouterState({ select: (state) => state.location.href });

  useUnreadNotifications();
  const content = useRef<HTMLElement>(null);
  const page = useRef(path.split('/')[1]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever has chosen a page wants to see it
  useEffect(() => {
    drawer.current?.close();
    if (page.current === path.split('/')[1]) return;
    page.current = path.split('/')[1];
    // The keyboard goes along to the new page, unless the page itself has taken it.
    if (!content.current?.contains(document.activeElement)) content.current?.focus();
  }, [address, wide]);

  return (
    <div className="flex h-dvh flex-col overflow-hidden">
      <a
        href="#content"
        className="fixed start-3 top-3 z-50 -translate-y-20 rounded-md bg-accent px-4 py-2 font-medium text-on-accent focus:translate-y-0"
      >
        {t('shell.skip')}
      </a>
      {installation?.unsafeDriver && (
        <div
          role="alert"
          data-testid="unsafe-driver"
          className="flex items-center justify-center gap-2 bg-bad-solid px-4 py-2 text-center font-medium text-on-bad text-sm"
        >
          <TriangleAlert className="size-4 shrink-0" aria-hidden="true" />
          {t('shell.unsafeDriver')}
        </div>
      )}
      <div className="flex min-h-0 flex-1">
        {wide ? (
          <aside className="w-68 shrink-0 border-e bg-sunken">
            <Sidebar me={me} />
          </aside>
        ) : (
          // biome-ignore lint/a11y/useKeyWithClickEvents: a dialog closes with Escape by itself
          <dialog
            ref={drawer}
            className="drawer"
            aria-label={t('shell.navigation')}
            // A click on the dialog itself, and not on anything in it, is one on its backdrop.
            onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}
          >
            <Sidebar me={me} onClose={() => drawer.current?.close()} />
          </dialog>
        )}
        <OpenDrawer value={wide ? null : () => drawer.current?.showModal()}>
          <main ref={content} id="content" tabIndex={-1} className="relative flex min-w-0 flex-1 flex-col outline-none">
            <ConnectionNotice />
            <Outlet />
          </main>
        </OpenDrawer>
      </div>
      <Toasts />
    </div>
  );
}

/** The bar on top of a page. On narrow screens it begins with the button that opens the sidebar. */
export function PageBar({ children }: { children?: ReactNode }) {
  const { t } = useTranslation();
  const openDrawer = useContext(OpenDrawer);
  return (
    <header className="flex min-h-16 shrink-0 items-center gap-2 border-b bg-canvas px-3 max-sm:gap-0.5 sm:px-5 lg:px-6">
      {openDrawer && (
        <Button kind="ghost" size="icon" aria-label={t('shell.openMenu')} onClick={openDrawer} className="shrink-0">
          <MenuIcon aria-hidden="true" />
        </Button>
      )}
      {children}
      <NotificationBell />
    </header>
  );
}
