import type { AccessRequest } from '@clawpool/contracts';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Notice } from '../design/notice.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { RiskBadge, Thing, useDuration, useRiskReasons } from './thing.tsx';

/** One request: who asks for what and why, how risky that is, and what became of it. */
export function RequestCard({
  request,
  own = false,
  actions,
}: {
  request: AccessRequest;
  /** In the list of whoever asked: their own name says nothing. */
  own?: boolean;
  actions?: ReactNode;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const duration = useDuration();
  const { employeeName, position, department, kind, resource, reason, risk, riskReasons, hours, createdAt } = request;
  const because = useRiskReasons()(riskReasons);
  const place = [position, department].filter((part) => part !== null).join(' · ');
  return (
    <li
      data-testid="access-request"
      data-resource={resource}
      className="grid gap-3 rounded-lg border bg-surface p-4 text-sm"
    >
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h3 className="font-semibold text-base">
            <Thing kind={kind} resource={resource} /> <span className="font-normal">{duration(hours)}</span>
          </h3>
          {!own && (
            <p className="mt-0.5 text-ink-soft">
              {employeeName}
              {place !== '' && <span className="text-ink-faint"> · {place}</span>}
            </p>
          )}
        </div>
        <div className="flex items-center gap-2">
          <RiskBadge risk={risk} because={because} />
          <StateMark request={request} />
        </div>
      </div>
      <blockquote className="break-words border-s-2 ps-3 text-ink">{reason}</blockquote>
      {request.suspicious && (
        <Notice tone="warn" title={t('approvals.suspicious')}>
          {t('approvals.suspiciousText')}
        </Notice>
      )}
      <p className="text-ink-soft text-xs">{because}</p>
      <div className="flex flex-wrap items-end justify-between gap-3">
        <p className="text-ink-faint text-xs">
          {t(request.origin === 'agent' ? 'approvals.askedByAgent' : 'approvals.askedInPortal')}{' '}
          <time dateTime={createdAt} title={format.full(Date.parse(createdAt))}>
            {format.ago(Date.parse(createdAt), now)}
          </time>
          <Outcome request={request} />
        </p>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </div>
    </li>
  );
}

const stateStyles: Record<AccessRequest['state'], string> = {
  pending: 'bg-info-soft text-info-ink',
  approved: 'bg-good-soft text-good-ink',
  rejected: 'bg-bad-soft text-bad-ink',
  withdrawn: 'bg-hover text-ink-soft',
  expired: 'bg-hover text-ink-soft',
};

function StateMark({ request: { state, stage } }: { request: AccessRequest }) {
  const { t } = useTranslation();
  return (
    <span
      className={`inline-flex h-6 items-center rounded-full px-2.5 font-medium text-xs whitespace-nowrap ${stateStyles[state]}`}
    >
      {state === 'pending' ? t(`approvals.waitsFor.${stage}`) : t(`approvals.state.${state}`)}
    </span>
  );
}

function Outcome({ request }: { request: AccessRequest }) {
  const { t } = useTranslation();
  const format = useFormat();
  const duration = useDuration();
  const { agreedBy, agreed, decidedBy, decisionNote, grant, state } = request;
  const until = grant?.expiresAt ? format.full(Date.parse(grant.expiresAt)) : null;
  return (
    <>
      {agreedBy && (
        <span className="block">
          {agreed
            ? t('approvals.agreedHow', {
                name: agreedBy,
                how: agreed.mode === 'once' ? t('approvals.justOnce') : duration(agreed.hours),
              })
            : t('approvals.agreedBy', { name: agreedBy })}
          {agreed && agreed.note !== '' && <span className="text-ink-soft"> “{agreed.note}”</span>}
          {state === 'pending' && ` ${t('approvals.adminDecides')}`}
        </span>
      )}
      {decidedBy && (state === 'approved' || state === 'rejected') && (
        <span className="block">
          {t(`approvals.decidedBy.${state === 'approved' ? 'yes' : 'no'}`, { name: decidedBy })}
        </span>
      )}
      {grant && (
        <span className="block">
          {grant.endedBecause
            ? t(`approvals.ended.${grant.endedBecause}`)
            : grant.mode === 'once'
              ? t('approvals.holdsOnce')
              : until
                ? t('approvals.holdsUntil', { time: until })
                : t('approvals.holdsForGood')}
        </span>
      )}
      {decisionNote !== '' && <span className="block text-ink-soft">“{decisionNote}”</span>}
    </>
  );
}
