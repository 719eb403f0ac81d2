import type { WebhookDelivery } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Skeleton } from '../design/placeholder.tsx';
import { secondsUntil } from '../format/time.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import { webhookDeliveriesQuery, webhooksKey } from './queries.ts';
import { Code } from './secret.tsx';

const styles: Record<WebhookDelivery['state'], string> = {
  waiting: 'bg-info-soft text-info-ink',
  delivered: 'bg-good-soft text-good-ink',
  dead: 'bg-bad-soft text-bad-ink',
  discarded: 'bg-hover text-ink-soft',
};

/** The latest events for an endpoint: what was sent, what it answered, and once more if need be. */
export function WebhookDeliveries({ webhookId, mayChange }: { webhookId: string; mayChange: boolean }) {
  const { t } = useTranslation();
  const { data: deliveries, error } = useQuery(webhookDeliveriesQuery(webhookId));
  return (
    <section aria-label={t('integrations.deliveries')} className="grid grid-cols-1 gap-3">
      <ProblemNotice error={error} />
      {deliveries ? (
        deliveries.length === 0 ? (
          <p className="text-ink-faint text-sm">{t('integrations.noDeliveries')}</p>
        ) : (
          <ul className="overflow-hidden rounded-md border">
            {deliveries.map((delivery) => (
              <DeliveryRow key={delivery.id} delivery={delivery} mayChange={mayChange} />
            ))}
          </ul>
        )
      ) : (
        !error && <Skeleton className="h-24 rounded-md" />
      )}
    </section>
  );
}

function DeliveryRow({ delivery, mayChange }: { delivery: WebhookDelivery; mayChange: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const id = useId();
  const [open, setOpen] = useState(false);
  const retryAt = delivery.state === 'waiting' && delivery.retryAt !== null ? Date.parse(delivery.retryAt) : null;
  const now = useNow(retryAt === null ? 30_000 : 1_000);
  const seconds = retryAt === null ? 0 : secondsUntil(retryAt, now);
  const at = Date.parse(delivery.createdAt);
  return (
    <li data-testid="delivery" data-state={delivery.state} className="border-b last:border-0">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="-outline-offset-2 flex w-full flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2 text-start text-sm hover:bg-sunken"
      >
        <ChevronRight
          className={classNames('size-4 shrink-0 text-ink-faint transition-transform', open && 'rotate-90')}
          aria-hidden="true"
        />
        <code className="font-mono text-xs">{delivery.event}</code>
        <span
          className={classNames(
            'inline-flex h-6 items-center rounded-full px-2.5 font-medium text-xs',
            styles[delivery.state],
          )}
        >
          {t(`integrations.deliveryState.${delivery.state}`)}
        </span>
        <span className="tabular text-ink-faint text-xs">
          {delivery.status !== null && `${t('integrations.status', { status: delivery.status })} · `}
          {t('integrations.attempts', { count: delivery.attempts })}
          {seconds > 0 && ` · ${t('integrations.nextAttempt', { time: format.duration(seconds) })}`}
        </span>
        <time dateTime={delivery.createdAt} title={format.full(at)} className="ms-auto text-ink-faint text-xs">
          {format.ago(at, now)}
        </time>
      </button>
      <div id={id} hidden={!open}>
        {open && <Detail delivery={delivery} mayChange={mayChange} />}
      </div>
    </li>
  );
}

function Detail({ delivery, mayChange }: { delivery: WebhookDelivery; mayChange: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const replay = useMutation({
    mutationFn: () =>
      api.call('replayWebhookDelivery', { params: { webhookId: delivery.webhookId, deliveryId: delivery.id } }),
    onSettled: () => queries.invalidateQueries({ queryKey: webhooksKey }),
  });
  return (
    <div className="grid grid-cols-1 gap-3 border-t bg-canvas p-3">
      {delivery.error && <p className="break-words text-bad-ink text-sm">{delivery.error}</p>}
      <Code label={t('integrations.payload')} text={JSON.stringify(delivery.payload, null, 2)} />
      <ProblemNotice error={replay.error} title={t('integrations.notDone')} />
      {mayChange && delivery.state !== 'waiting' && (
        <Button size="sm" className="justify-self-start" disabled={replay.isPending} onClick={() => replay.mutate()}>
          {t('integrations.replay')}
        </Button>
      )}
    </div>
  );
}
