import type { ManagedBy } from '@clawpool/contracts';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../api/queries.ts';
import { buttonStyle } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';
import { type PageName, pagesOf, routeOf } from '../session/access.ts';

/** Where what a managed file is made of is changed: in one's own agent's, and in another's. */
const places: Record<ManagedBy, { own: PageName | null; others: PageName | null }> = {
  soul: { own: 'profile', others: 'soul' },
  about: { own: 'profile', others: null },
  identity: { own: null, others: 'employees' },
  instructions: { own: null, others: 'security' },
  tools: { own: null, others: 'security' },
  channels: { own: 'myChannels', others: null },
  session: { own: null, others: null },
  skill: { own: null, others: 'tenants' },
};

/** Why a file cannot be changed here, and where it can. */
export function ManagedNotice({ managed, own }: { managed: ManagedBy; own: boolean }) {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const page = places[managed][own ? 'own' : 'others'];
  const mayGo = page !== null && pagesOf(me).includes(page);
  return (
    <Notice
      tone="info"
      title={t('agentFiles.managedTitle')}
      data-testid="managed"
      actions={
        mayGo && (
          <Link to={routeOf[page]} className={buttonStyle({ size: 'sm' })}>
            {t('agentFiles.goTo', { page: t(`shell.${page}`) })}
          </Link>
        )
      }
    >
      {t(`agentFiles.managed.${managed}`)}
    </Notice>
  );
}
