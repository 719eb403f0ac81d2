import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { useUnsavedGuard } from '../soul/use-unsaved-guard.tsx';
import { AboutMe } from './about-me.tsx';
import { Identity } from './identity.tsx';
import { Memory } from './memory.tsx';
import { PersonalSoul } from './personal-soul.tsx';
import { profileQuery } from './queries.ts';

/** Who a person is to their agent, what it is told about them, and what it remembers. */
export function ProfilePage() {
  const { t } = useTranslation();
  usePageTitle(t('profile.title'));
  const { data: me } = useSuspenseQuery(meQuery);
  const { data: profile, error, refetch } = useQuery(profileQuery);
  const [aboutDirty, setAboutDirty] = useState(false);
  const [soulDirty, setSoulDirty] = useState(false);
  const question = useUnsavedGuard(aboutDirty || soulDirty);
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('profile.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('profile.lead')}</p>
        </div>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto grid w-full max-w-5xl gap-5 px-4 py-5 sm:px-6">
          {!profile && error && (
            <Placeholder
              title={t('profile.failed')}
              actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
            >
              <ProblemNotice error={error} />
            </Placeholder>
          )}
          {!profile && !error && (
            <>
              <p role="status" className="sr-only">
                {t('profile.loading')}
              </p>
              <Skeleton className="h-40 rounded-lg" />
              <Skeleton className="h-72 rounded-lg" />
            </>
          )}
          {profile && (
            <>
              <Identity profile={profile} />
              <AboutMe profile={profile} onDirty={setAboutDirty} />
              {me.employee && <PersonalSoul employeeId={me.employee.id} onDirty={setSoulDirty} />}
              {profile.agent && <Memory tenantId={profile.agent.tenantId} />}
            </>
          )}
        </div>
      </div>
      {question}
    </>
  );
}
