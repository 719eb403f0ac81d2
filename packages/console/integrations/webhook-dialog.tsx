import { type Webhook, type WebhookEventType, webhookEventType } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { CheckField, InputField } from '../design/form-fields.tsx';
import { webhooksKey } from './queries.ts';
import { SecretDialog } from './secret.tsx';

interface Wanted {
  url: string;
  events: WebhookEventType[];
}

/** A `ping` is sent whenever somebody asks for one; it is nothing to choose. */
const choosable = webhookEventType.options.filter((event) => event !== 'ping');

/** Adds an endpoint, then shows its signing secret, this once. */
export function NewWebhookDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const add = useMutation({
    mutationFn: (body: Wanted) => api.call('createWebhook', { body }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: webhooksKey }),
  });
  if (!add.data) {
    return (
      <WebhookForm
        title={t('integrations.newWebhook')}
        submit={t('integrations.addWebhook')}
        wanted={{ url: '', events: ['message.answered', 'message.failed'] }}
        pending={add.isPending}
        error={add.error}
        onSubmit={add.mutate}
        onClose={onClose}
      />
    );
  }
  return (
    <SecretDialog
      title={t('integrations.webhookAdded')}
      label={t('integrations.signingSecret')}
      secret={add.data.secret}
      onClose={onClose}
    >
      <p className="text-ink-soft text-sm">{t('integrations.signed')}</p>
    </SecretDialog>
  );
}

export function EditWebhookDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const save = useMutation({
    mutationFn: (body: Wanted) => api.call('changeWebhook', { params: { webhookId: webhook.id }, body }),
    onSettled: () => queries.invalidateQueries({ queryKey: webhooksKey }),
    onSuccess: onClose,
  });
  return (
    <WebhookForm
      title={t('integrations.changeWebhook')}
      submit={t('common.save')}
      wanted={webhook}
      pending={save.isPending}
      error={save.error}
      onSubmit={save.mutate}
      onClose={onClose}
    />
  );
}

function WebhookForm({
  title,
  submit,
  wanted,
  pending,
  error,
  onSubmit,
  onClose,
}: {
  title: string;
  submit: string;
  wanted: Wanted;
  pending: boolean;
  error: Error | null;
  onSubmit: (wanted: Wanted) => void;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const [url, setUrl] = useState(wanted.url);
  const [events, setEvents] = useState<ReadonlySet<WebhookEventType>>(new Set(wanted.events));
  const [insist, setInsist] = useState(false);
  const wrong = !URL.canParse(url.trim()) || !/^https?:$/.test(new URL(url.trim()).protocol);
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={t('integrations.webhookText')}
      onSubmit={() => {
        setInsist(true);
        if (wrong || events.size === 0) return;
        onSubmit({ url: url.trim(), events: webhookEventType.options.filter((event) => events.has(event)) });
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={pending}>
            {pending ? t('form.saving') : submit}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <InputField
          label={t('integrations.url')}
          hint={t('integrations.urlHint')}
          error={insist && wrong ? t('integrations.urlWrong') : undefined}
          mono
          inputMode="url"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={500}
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
        <fieldset className="grid grid-cols-1 gap-2.5">
          <legend className="mb-1.5 font-medium text-sm">{t('integrations.events')}</legend>
          {choosable.map((type) => (
            <CheckField
              key={type}
              label={t(`integrations.event.${type.replace('.', '_') as 'message_answered'}`)}
              hint={<code className="font-mono">{type}</code>}
              checked={events.has(type)}
              onChange={(event) => {
                const next = new Set(events);
                if (event.target.checked) next.add(type);
                else next.delete(type);
                setEvents(next);
              }}
            />
          ))}
          {insist && events.size === 0 && (
            <p role="alert" className="text-bad-ink text-sm">
              {t('integrations.eventMissing')}
            </p>
          )}
        </fieldset>
        <ProblemNotice error={error} title={t('integrations.notDone')} />
      </div>
    </Dialog>
  );
}
