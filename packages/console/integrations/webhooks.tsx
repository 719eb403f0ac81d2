import type { Webhook } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Switch } from '../design/form-fields.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { Tag } from '../design/tag.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { webhooksKey, webhooksQuery } from './queries.ts';
import { WebhookDeliveries } from './webhook-deliveries.tsx';
import { EditWebhookDialog, NewWebhookDialog } from './webhook-dialog.tsx';

type Overlay = { kind: 'new' } | { kind: 'edit' | 'remove'; webhook: Webhook };

/** Endpoints of other software that are told of events. */
export function Webhooks({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const { data: webhooks, error, refetch } = useQuery(webhooksQuery);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const close = () => setOverlay(null);
  const add = mayChange && (
    <Button kind="primary" onClick={() => setOverlay({ kind: 'new' })}>
      <Plus aria-hidden="true" />
      {t('integrations.newWebhook')}
    </Button>
  );
  if (!webhooks) {
    return error ? (
      <Placeholder
        title={t('integrations.webhooksFailed')}
        actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
      >
        <ProblemNotice error={error} />
      </Placeholder>
    ) : (
      <div>
        <p role="status" className="sr-only">
          {t('integrations.loading')}
        </p>
        <Skeleton className="h-40 rounded-lg" />
      </div>
    );
  }
  return (
    <div className="grid grid-cols-1 gap-5">
      {webhooks.length === 0 ? (
        <Placeholder title={t('integrations.noWebhooksTitle')} actions={add}>
          {t('integrations.noWebhooks')}
        </Placeholder>
      ) : (
        <>
          <div className="flex flex-wrap items-start justify-between gap-3">
            <p className="max-w-2xl text-ink-soft text-sm">{t('integrations.webhooksText')}</p>
            {add}
          </div>
          {error && <ProblemNotice error={error} />}
          <ul className="grid grid-cols-1 gap-4">
            {webhooks.map((webhook) => (
              <WebhookCard
                key={webhook.id}
                webhook={webhook}
                mayChange={mayChange}
                onEdit={() => setOverlay({ kind: 'edit', webhook })}
                onRemove={() => setOverlay({ kind: 'remove', webhook })}
              />
            ))}
          </ul>
        </>
      )}
      {overlay?.kind === 'new' && <NewWebhookDialog onClose={close} />}
      {overlay?.kind === 'edit' && <EditWebhookDialog webhook={overlay.webhook} onClose={close} />}
      {overlay?.kind === 'remove' && <RemoveDialog webhook={overlay.webhook} onClose={close} />}
    </div>
  );
}

function WebhookCard({
  webhook,
  mayChange,
  onEdit,
  onRemove,
}: {
  webhook: Webhook;
  mayChange: boolean;
  onEdit: () => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(5_000);
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: webhooksKey });
  const params = { webhookId: webhook.id };
  const change = useMutation({
    mutationFn: (enabled: boolean) => api.call('changeWebhook', { params, body: { enabled } }),
    onSettled: refresh,
  });
  const ping = useMutation({
    mutationFn: () => api.call('pingWebhook', { params }),
    // What became of it is in the list of deliveries.
    onSuccess: () => setOpen(true),
    onSettled: refresh,
  });
  const last = webhook.lastDeliveredAt === null ? null : Date.parse(webhook.lastDeliveredAt);
  return (
    <li
      data-testid="webhook"
      data-url={webhook.url}
      className="grid grid-cols-1 min-w-0 gap-3 rounded-lg border bg-surface p-4 sm:p-5"
    >
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <h2 className="break-all font-medium">{webhook.url}</h2>
          <p className="mt-1 flex flex-wrap gap-1.5">
            {webhook.events.map((event) => (
              <Tag key={event} name={event} />
            ))}
          </p>
        </div>
        {mayChange && (
          <Menu
            align="end"
            trigger={
              <Button
                kind="ghost"
                size="icon-sm"
                aria-label={t('integrations.actionsFor', { name: webhook.url })}
                className="-my-1 -me-2"
              >
                <Ellipsis aria-hidden="true" />
              </Button>
            }
          >
            <MenuItem icon={<Pencil />} onSelect={onEdit}>
              {t('integrations.changeWebhook')}
            </MenuItem>
            <MenuItem icon={<Trash2 />} danger onSelect={onRemove}>
              {t('integrations.removeWebhook')}
            </MenuItem>
          </Menu>
        )}
      </div>
      <p className="tabular text-ink-soft text-sm">
        {last === null ? (
          t('integrations.neverDelivered')
        ) : (
          <time dateTime={webhook.lastDeliveredAt ?? undefined} title={format.full(last)}>
            {t('integrations.lastDelivered', { ago: format.ago(last, now) })}
          </time>
        )}
        {webhook.waiting > 0 && ` · ${t('integrations.waiting', { count: webhook.waiting })}`}
        {webhook.dead > 0 && <span className="text-bad-ink"> · {t('integrations.dead', { count: webhook.dead })}</span>}
      </p>
      <ProblemNotice error={change.error ?? ping.error} title={t('integrations.notDone')} />
      <div className="flex flex-wrap items-center gap-2 border-t pt-4">
        {mayChange && (
          <span className="me-auto">
            <Switch
              label={t('integrations.on')}
              checked={change.isPending ? change.variables : webhook.enabled}
              onChecked={(enabled) => change.mutate(enabled)}
            />
          </span>
        )}
        {mayChange && (
          <Button size="sm" disabled={ping.isPending || !webhook.enabled} onClick={() => ping.mutate()}>
            {t('integrations.ping')}
          </Button>
        )}
        <Button size="sm" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t('integrations.hideDeliveries') : t('integrations.showDeliveries')}
        </Button>
      </div>
      {open && <WebhookDeliveries webhookId={webhook.id} mayChange={mayChange} />}
    </li>
  );
}

function RemoveDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api.call('deleteWebhook', { params: { webhookId: webhook.id } }),
    onSettled: () => queries.invalidateQueries({ queryKey: webhooksKey }),
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('integrations.removeWebhookTitle')}
      confirm={t('integrations.removeWebhook')}
      danger
      pending={remove.isPending}
      onConfirm={() => remove.mutate()}
    >
      <p className="break-all font-mono text-sm">{webhook.url}</p>
      <p>
        {webhook.waiting === 0
          ? t('integrations.removeWebhookTextNothing')
          : t('integrations.removeWebhookText', { count: webhook.waiting })}
      </p>
      <ProblemNotice error={remove.error} />
    </ConfirmDialog>
  );
}
