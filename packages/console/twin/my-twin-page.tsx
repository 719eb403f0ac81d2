import type { Twin } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Check, ExternalLink, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { twinQuery } from '../api/portal-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { QrCode } from '../channels/qr-code.tsx';
import { Button, buttonStyle } from '../design/button.tsx';
import { CopyButton } from '../design/copy-button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { TwinForm } from './twin-form.tsx';

/** A person's digital twin: whether it answers, where, and to what end. */
export function MyTwinPage() {
  const { t } = useTranslation();
  usePageTitle(t('twin.title'));
  const { data: twin, error, refetch } = useQuery(twinQuery);
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('twin.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('twin.lead')}</p>
        </div>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto grid w-full max-w-3xl gap-4 px-4 py-5 sm:px-6">
          {twin ? (
            <TwinCards twin={twin} />
          ) : error ? (
            <Placeholder
              title={t('twin.failed')}
              actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
            >
              <ProblemNotice error={error} />
            </Placeholder>
          ) : (
            <>
              <p role="status" className="sr-only">
                {t('twin.loading')}
              </p>
              <Skeleton className="h-48 rounded-lg" />
            </>
          )}
        </div>
      </div>
    </>
  );
}

function TwinCards({ twin }: { twin: Twin }) {
  const { t } = useTranslation();
  return (
    <>
      {twin.active && twin.url !== null ? (
        <ActiveTwin twin={twin} url={new URL(twin.url, window.location.origin).href} />
      ) : (
        <Card title={t('twin.offTitle')} testId="twin-off">
          <p className="mb-5 text-ink-soft">{t('twin.offText')}</p>
          <TwinForm twin={twin} />
        </Card>
      )}
      <Card title={t('twin.visitors')}>
        <div className="grid gap-5 sm:grid-cols-2">
          <Points
            title={t('twin.can')}
            icon={<Check className="mt-0.5 size-4 shrink-0 text-good-ink" aria-hidden="true" />}
            points={[t('twin.canTalk'), t('twin.canLearn'), t('twin.canReturn')]}
          />
          <Points
            title={t('twin.cannot')}
            icon={<X className="mt-0.5 size-4 shrink-0 text-bad-ink" aria-hidden="true" />}
            points={[t('twin.cannotRead'), t('twin.cannotChange'), t('twin.cannotPretend')]}
          />
        </div>
        <p className="mt-4 text-ink-soft text-sm">{t('twin.watched')}</p>
      </Card>
    </>
  );
}

function ActiveTwin({ twin, url }: { twin: Twin; url: string }) {
  const { t } = useTranslation();
  const [leaving, setLeaving] = useState(false);
  return (
    <>
      <Card
        title={t('twin.onTitle')}
        testId="twin-on"
        action={
          <Button size="sm" onClick={() => setLeaving(true)}>
            {t('twin.switchOff')}
          </Button>
        }
      >
        <div className="grid gap-5 sm:grid-cols-[minmax(0,1fr)_auto]">
          <div className="grid min-w-0 content-start gap-3">
            <p className="text-ink-soft">{t('twin.onText')}</p>
            <p className="flex min-w-0 items-center gap-1 rounded-md border bg-sunken py-1 ps-3 pe-1">
              <span className="min-w-0 flex-1 break-all font-mono text-sm" data-testid="twin-link">
                {url}
              </span>
              <CopyButton text={url} label={t('twin.copyLink')} />
            </p>
            <a
              href={url}
              target="_blank"
              rel="noopener noreferrer"
              className={buttonStyle({ kind: 'outline', size: 'sm', className: 'justify-self-start' })}
            >
              <ExternalLink aria-hidden="true" />
              {t('twin.open')}
            </a>
            <Figures twin={twin} />
          </div>
          <QrCode text={url} label={t('twin.qr')} className="mx-auto size-40" />
        </div>
      </Card>
      <Card title={t('twin.change')}>
        <TwinForm key={url} twin={twin} />
      </Card>
      {leaving && <SwitchOffDialog twin={twin} onClose={() => setLeaving(false)} />}
    </>
  );
}

function Figures({ twin }: { twin: Twin }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  return (
    <dl className="grid grid-cols-2 gap-x-6 gap-y-2 text-sm sm:grid-cols-4">
      <Figure name={t('twin.views')}>{twin.views.toLocaleString(format.locale)}</Figure>
      <Figure name={t('twin.messages')}>{twin.messages.toLocaleString(format.locale)}</Figure>
      <Figure name={t('twin.copied')}>
        {twin.copiedAt ? format.ago(Date.parse(twin.copiedAt), now) : t('common.none')}
      </Figure>
      <Figure name={t('twin.expires')}>
        {twin.expiresAt ? format.date(Date.parse(twin.expiresAt)) : t('twin.expiresNever')}
      </Figure>
    </dl>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-ink-faint text-xs">{name}</dt>
      <dd className="tabular font-medium">{children}</dd>
    </div>
  );
}

function SwitchOffDialog({ twin, onClose }: { twin: Twin; onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const off = useMutation({
    mutationFn: () =>
      api.call('putMyTwin', { body: { active: false, greeting: twin.greeting, expiresAt: twin.expiresAt } }),
    onSuccess: (saved) => {
      queryClient.setQueryData(twinQuery.queryKey, saved);
      showToast({ tone: 'good', title: t('twin.switchedOff') });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('twin.offQuestion')}
      confirm={t('twin.switchOff')}
      danger
      pending={off.isPending}
      onConfirm={() => off.mutate()}
    >
      <p>{t('twin.offConsequence')}</p>
      <ProblemNotice error={off.error} />
    </ConfirmDialog>
  );
}

function Card({
  title,
  testId,
  action,
  children,
}: {
  title: string;
  testId?: string;
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section aria-label={title} data-testid={testId} className="min-w-0 rounded-lg border bg-surface p-4 sm:p-5">
      <div className="mb-3 flex min-h-8 flex-wrap items-center justify-between gap-3">
        <h2 className="font-semibold">{title}</h2>
        {action}
      </div>
      {children}
    </section>
  );
}

function Points({ title, icon, points }: { title: string; icon: ReactNode; points: string[] }) {
  return (
    <div>
      <h3 className="mb-2 font-medium text-sm">{title}</h3>
      <ul className="grid gap-2 text-ink-soft text-sm">
        {points.map((point) => (
          <li key={point} className="flex gap-2">
            {icon}
            <span>{point}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
