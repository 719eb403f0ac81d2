import { ClientError } from '@clawpool/client';
import { Link, useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, buttonStyle } from '../design/button.tsx';
import { Placeholder } from '../design/placeholder.tsx';
import { Waiting } from '../design/ripples.tsx';
import { usePageTitle } from './page-title.ts';
import { PageBar } from './shell.tsx';

export function NotFoundPage() {
  const { t } = useTranslation();
  usePageTitle(t('problem.notFoundTitle'));
  return (
    <>
      <PageBar />
      <div className="grid flex-1 place-items-center overflow-y-auto">
        <Placeholder
          heading="h1"
          title={t('problem.notFoundTitle')}
          actions={
            <Link to="/" className={buttonStyle({ kind: 'outline' })}>
              {t('problem.goHome')}
            </Link>
          }
        >
          {t('problem.notFound')}
        </Placeholder>
      </div>
    </>
  );
}

/** What a page shows when its code failed, or when the server did not answer before there was a page. */
export function ErrorPage({ error }: { error: unknown }) {
  return error instanceof ClientError && error.code === 'unreachable' ? <UnreachablePage /> : <BrokenPage />;
}

function BrokenPage() {
  const { t } = useTranslation();
  usePageTitle(t('problem.brokenTitle'));
  return (
    <main className="grid min-h-dvh flex-1 place-items-center">
      <Placeholder
        heading="h1"
        title={t('problem.brokenTitle')}
        actions={<Button onClick={() => window.location.reload()}>{t('common.reload')}</Button>}
      >
        {t('problem.broken')}
      </Placeholder>
    </main>
  );
}

function UnreachablePage() {
  const { t } = useTranslation();
  const router = useRouter();
  usePageTitle(t('problem.unreachableTitle'));
  useEffect(() => {
    const timer = setInterval(() => void router.invalidate(), 3000);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <main className="grid min-h-dvh place-items-center">
      <Placeholder
        heading="h1"
        title={t('problem.unreachableTitle')}
        actions={<Button onClick={() => void router.invalidate()}>{t('common.tryAgain')}</Button>}
      >
        {t('problem.unreachable')}
      </Placeholder>
    </main>
  );
}

/** Between the first paint and the first answer of the server. Usually too short to be seen. */
export function StartingPage() {
  const { t } = useTranslation();
  return (
    <div role="status" className="grid min-h-dvh place-items-center">
      <span className="sr-only">{t('shell.starting')}</span>
      <Waiting className="size-8 animate-appear [animation-delay:400ms]" />
    </div>
  );
}
