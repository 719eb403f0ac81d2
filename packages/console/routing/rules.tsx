import type { RoutingRule } from '@clawpool/contracts';
import { routingScope } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ArrowRight, Ellipsis, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { routingKey, rulesQuery } from './queries.ts';
import { RuleDialog } from './rule-dialog.tsx';

type Overlay = { kind: 'edit'; rule: RoutingRule | null } | { kind: 'remove'; rule: RoutingRule };

/** The rules from the narrowest to the widest, which is the order in which they are asked. */
export function Rules({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const { data: rules, error, refetch } = useQuery(rulesQuery);
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const close = () => setOverlay(null);
  const add = () => setOverlay({ kind: 'edit', rule: null });
  if (!rules) {
    return error ? (
      <Placeholder
        title={t('routing.rulesFailed')}
        actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
      >
        <ProblemNotice error={error} />
      </Placeholder>
    ) : (
      <div className="grid grid-cols-1 gap-4">
        <p role="status" className="sr-only">
          {t('routing.loading')}
        </p>
        <Skeleton className="h-28 rounded-lg" />
        <Skeleton className="h-28 rounded-lg" />
      </div>
    );
  }
  return (
    <div className="grid grid-cols-1 gap-6">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <p className="max-w-2xl text-ink-soft text-sm">{t('routing.rulesText')}</p>
        {mayChange && (
          <Button kind="primary" onClick={add}>
            <Plus aria-hidden="true" />
            {t('routing.newRule')}
          </Button>
        )}
      </div>
      {error && <ProblemNotice error={error} />}
      <ol className="grid grid-cols-1 gap-6">
        {routingScope.options.map((scope) => {
          const members = rules.filter((rule) => rule.scope === scope);
          return (
            <li key={scope}>
              <section aria-label={t(`routing.scopes.${scope}`)}>
                <h2 className="mb-2 font-semibold">{t(`routing.scopes.${scope}`)}</h2>
                {members.length === 0 ? (
                  <p className="rounded-lg border border-dashed px-4 py-3 text-ink-faint text-sm">
                    {t(`routing.noRule.${scope}`)}
                  </p>
                ) : (
                  <ul className="overflow-hidden rounded-lg border bg-surface">
                    {members.map((rule) => (
                      <RuleRow
                        key={rule.ownerId}
                        rule={rule}
                        mayChange={mayChange}
                        onEdit={() => setOverlay({ kind: 'edit', rule })}
                        onRemove={() => setOverlay({ kind: 'remove', rule })}
                      />
                    ))}
                  </ul>
                )}
              </section>
            </li>
          );
        })}
      </ol>
      <p className="text-ink-faint text-sm">{t('routing.otherwise')}</p>
      {overlay?.kind === 'edit' && <RuleDialog rule={overlay.rule} rules={rules} onClose={close} />}
      {overlay?.kind === 'remove' && <RemoveRule rule={overlay.rule} onClose={close} />}
    </div>
  );
}

function RuleRow({
  rule,
  mayChange,
  onEdit,
  onRemove,
}: {
  rule: RoutingRule;
  mayChange: boolean;
  onEdit: () => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(30_000);
  const at = Date.parse(rule.updatedAt);
  const owner = rule.scope === 'organization' ? t('routing.everybody') : rule.ownerName;
  return (
    <li
      data-testid="rule"
      data-owner={owner}
      className="flex items-center gap-3 border-b px-4 py-3 text-sm last:border-0"
    >
      <div className="grid grid-cols-1 min-w-0 flex-1 items-center gap-x-4 gap-y-1 md:grid-cols-[minmax(0,1fr)_minmax(0,1.2fr)_minmax(0,1fr)]">
        <span className="truncate font-medium">{owner}</span>
        <span className="flex min-w-0 items-center gap-2">
          <ArrowRight className="size-4 shrink-0 text-ink-faint" aria-hidden="true" />
          <span className="min-w-0 truncate">
            {t(rule.target.type === 'tier' ? 'routing.toTier' : 'routing.toTenant', { name: rule.targetName })}
          </span>
        </span>
        <span className="text-ink-faint text-xs">
          <span className="block">{t('routing.affects', { count: rule.affects })}</span>
          <span className="block truncate">
            <time dateTime={rule.updatedAt} title={format.full(at)}>
              {t('routing.setBy', { name: rule.updatedBy, ago: format.ago(at, now) })}
            </time>
          </span>
        </span>
      </div>
      {mayChange && (
        <Menu
          align="end"
          trigger={
            <Button kind="ghost" size="icon-sm" aria-label={t('routing.actionsFor', { name: owner })}>
              <Ellipsis aria-hidden="true" />
            </Button>
          }
        >
          <MenuItem icon={<Pencil />} onSelect={onEdit}>
            {t('routing.changeRule')}
          </MenuItem>
          <MenuItem icon={<Trash2 />} danger onSelect={onRemove}>
            {t('routing.removeRule')}
          </MenuItem>
        </Menu>
      )}
    </li>
  );
}

function RemoveRule({ rule, onClose }: { rule: RoutingRule; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () =>
      api.call('deleteRoutingRule', {
        params: { scope: rule.scope, ownerId: rule.scope === 'organization' ? 'organization' : rule.ownerId },
      }),
    onSettled: () => queries.invalidateQueries({ queryKey: routingKey }),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('routing.ruleRemoved') });
      onClose();
    },
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('routing.removeTitle')}
      confirm={t('routing.removeRule')}
      danger
      pending={remove.isPending}
      onConfirm={() => remove.mutate()}
    >
      <p>
        {t('routing.removeText', {
          name: rule.scope === 'organization' ? t('routing.everybody') : rule.ownerName,
          count: rule.affects,
        })}
      </p>
      <ProblemNotice error={remove.error} />
    </ConfirmDialog>
  );
}
