import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { usePageTitle } from '../shell/page-title.ts';
import { homeOf } from './access.ts';
import { BackupCodes } from './backup-codes.tsx';
import { Entrance } from './entrance.tsx';
import { ownSecondFactorQuery } from './own-second-factor.ts';
import { OwnSecondFactorSummary } from './own-second-factor-summary.tsx';
import { SecondFactorSetUp } from './second-factor-set-up.tsx';
import { signOut } from './sign-out.ts';

/** Reached from the account menu; led to at sign-in where the organization demands a second factor and there is none. */
export function SecondFactorPage() {
  const { t } = useTranslation();
  usePageTitle(t('secondFactor.title'));
  const { data: me } = useSuspenseQuery(meQuery);
  const { data: own, error, refetch } = useQuery(ownSecondFactorQuery);
  const [codes, setCodes] = useState<string[] | null>(null);
  const queries = useQueryClient();
  const router = useRouter();
  const due = me.mustSetUpSecondFactor;
  const home = `/${homeOf(me)}`;
  /** The factor counts from now on: what was shut is open. */
  const leave = async () => {
    await queries.invalidateQueries(meQuery);
    await queries.invalidateQueries(ownSecondFactorQuery);
    if (due) router.history.push(home);
    else setCodes(null);
  };
  const [heading, lead] = codes
    ? [t('secondFactor.codesHeading'), t('secondFactor.codesLead')]
    : due
      ? [t('secondFactor.dueHeading'), t('secondFactor.dueLead')]
      : [t('secondFactor.heading'), t('secondFactor.lead')];

  return (
    <Entrance heading={heading} lead={lead}>
      {codes ? (
        <BackupCodes codes={codes} onKept={() => void leave()} />
      ) : (
        <div className="space-y-4">
          {own ? (
            own.enabledAt === null ? (
              <SecondFactorSetUp hasPassword={own.hasPassword} email={me.email} onCodes={setCodes} />
            ) : (
              <OwnSecondFactorSummary own={own} onCodes={setCodes} />
            )
          ) : error ? (
            <>
              <ProblemNotice error={error} title={t('secondFactor.loadFailed')} />
              <Button className="w-full" onClick={() => void refetch()}>
                {t('common.tryAgain')}
              </Button>
            </>
          ) : (
            <div>
              <p role="status" className="sr-only">
                {t('secondFactor.loading')}
              </p>
              <Skeleton className="h-36 rounded-lg" />
            </div>
          )}
          <Button kind="ghost" className="w-full" onClick={() => (due ? void signOut() : router.history.push(home))}>
            {due ? t('shell.signOut') : t('password.back')}
          </Button>
        </div>
      )}
    </Entrance>
  );
}
