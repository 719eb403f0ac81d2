import type { MyProfile } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { myChannelsQuery } from '../api/portal-queries.ts';
import { buttonStyle } from '../design/button.tsx';
import { Tag } from '../design/tag.tsx';
import { Section } from './section.tsx';

/** What the organization says of the person; they change it there, not here. */
export function Identity({ profile }: { profile: MyProfile }) {
  const { t } = useTranslation();
  const { data: channels } = useQuery(myChannelsQuery);
  const accountOf = (id: string) => channels?.accounts.find((account) => account.id === id)?.name;
  const bindings = channels?.bindings ?? [];
  const none = t('common.none');
  return (
    <Section
      title={profile.name}
      lead={t('profile.identityLead')}
      actions={
        <Link to="/channels" className={buttonStyle({ size: 'sm' })}>
          {t('profile.connect')}
        </Link>
      }
    >
      <dl className="grid gap-x-6 gap-y-3 sm:grid-cols-2 lg:grid-cols-3">
        <Fact name={t('profile.position')}>{profile.position ?? none}</Fact>
        <Fact name={t('profile.department')}>{profile.department}</Fact>
        <Fact name={t('profile.manager')}>{profile.manager ?? none}</Fact>
        <Fact name={t('profile.email')}>{profile.email}</Fact>
        <Fact name={t('profile.number')}>{profile.number}</Fact>
        <Fact name={t('profile.agent')}>{profile.agent?.name ?? t('profile.noAgent')}</Fact>
        <Fact name={t('profile.tier')}>{profile.agent?.tier ?? none}</Fact>
        <Fact name={t('profile.channels')}>
          {bindings.length === 0 && t('profile.portalOnly')}
          {bindings.map(({ accountId, displayName }) => (
            <Tag key={accountId} name={accountOf(accountId) ?? displayName} value={displayName} />
          ))}
        </Fact>
        <Fact name={t('profile.contactFor')}>
          {profile.contactFor.length === 0 && none}
          {profile.contactFor.map((topic) => (
            <Tag key={topic} name={topic} />
          ))}
        </Fact>
      </dl>
    </Section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-ink-faint text-xs">{name}</dt>
      <dd className="mt-0.5 flex flex-wrap gap-1.5 text-sm [overflow-wrap:anywhere]">{children}</dd>
    </div>
  );
}
