import { type Tier, type ToolName, toolNames } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { tiersQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { CheckField, TextAreaField } from '../design/form-fields.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { Fact, Facts } from '../tenant/card.tsx';
import { ToolList } from './tool-marks.tsx';

/** The runtimes agents are given, and how far their rights can go. */
export function TierSecurity({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const { data: tiers, error } = useQuery(tiersQuery);
  const [editing, setEditing] = useState<Tier | null>(null);
  if (!tiers) return error ? <ProblemNotice error={error} /> : <Skeleton className="h-64 rounded-lg" />;
  return (
    <div className="grid grid-cols-1 gap-4">
      <p className="max-w-2xl text-ink-soft text-sm">{t('security.tiersText')}</p>
      <ul className="grid grid-cols-1 gap-4 lg:grid-cols-2">
        {tiers.map((tier) => (
          <li
            key={tier.id}
            data-testid="tier-security"
            data-name={tier.name}
            className="min-w-0 rounded-lg border bg-surface p-4 text-sm"
          >
            <div className="mb-3 flex items-center justify-between gap-3">
              <h2 className="font-semibold text-base">{tier.name}</h2>
              {mayChange && (
                <Button
                  kind="ghost"
                  size="icon-sm"
                  aria-label={t('security.changeTier', { name: tier.name })}
                  onClick={() => setEditing(tier)}
                >
                  <Pencil aria-hidden="true" />
                </Button>
              )}
            </div>
            <Facts>
              <Fact name={t('security.driver')}>{tier.driver ?? t('security.installations')}</Fact>
              <Fact name={t('security.image')}>{tier.image ?? t('security.standard')}</Fact>
              <Fact name={t('security.model')}>{tier.model ?? t('security.installations')}</Fact>
              <Fact name={t('security.ceiling')}>
                <ToolList tools={tier.toolsCeiling} />
              </Fact>
              <Fact name={t('security.hosts')}>
                {tier.egressHosts.length === 0 ? (
                  <span className="text-ink-faint">{t('security.noHost')}</span>
                ) : (
                  <ul className="font-mono text-xs">
                    {tier.egressHosts.map((host) => (
                      <li key={host} className="break-all">
                        {host}
                      </li>
                    ))}
                  </ul>
                )}
              </Fact>
            </Facts>
          </li>
        ))}
      </ul>
      {editing && <TierDialog tier={editing} onClose={() => setEditing(null)} />}
    </div>
  );
}

function TierDialog({ tier, onClose }: { tier: Tier; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [ceiling, setCeiling] = useState<readonly ToolName[]>(tier.toolsCeiling);
  const [hosts, setHosts] = useState(tier.egressHosts.join('\n'));
  const save = useMutation({
    mutationFn: (body: { toolsCeiling: ToolName[]; egressHosts: string[] }) =>
      api.call('changeTier', { params: { tierId: tier.id }, body }),
    onSettled: () => queries.invalidateQueries(),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('security.tierChanged') });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('security.changeTier', { name: tier.name })}
      description={t('security.changeTierText')}
      onSubmit={() =>
        save.mutate({
          toolsCeiling: toolNames.filter((tool) => ceiling.includes(tool)),
          egressHosts: [...new Set(hosts.split(/[\s,]+/u).filter((host) => host !== ''))],
        })
      }
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : t('common.save')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <ToolChoice label={t('security.ceiling')} value={ceiling} onValue={setCeiling} />
        <TextAreaField
          label={t('security.hosts')}
          hint={t('security.hostsHint')}
          className="font-mono"
          spellCheck={false}
          value={hosts}
          onChange={(event) => setHosts(event.target.value)}
        />
        {save.error && <ProblemNotice error={save.error} />}
      </div>
    </Dialog>
  );
}

/** Which of the tools. */
export function ToolChoice({
  label,
  value,
  onValue,
}: {
  label: string;
  value: readonly ToolName[];
  onValue: (value: ToolName[]) => void;
}) {
  const { t } = useTranslation();
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 font-medium text-sm">{label}</legend>
      {toolNames.map((tool) => (
        <CheckField
          key={tool}
          label={t(`tools.${tool}`)}
          checked={value.includes(tool)}
          onChange={(event) =>
            onValue(event.target.checked ? [...value, tool] : value.filter((other) => other !== tool))
          }
        />
      ))}
    </fieldset>
  );
}
