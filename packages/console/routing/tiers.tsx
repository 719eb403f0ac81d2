import type { Tier } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { tiersQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { CheckField } from '../design/form-fields.tsx';
import { NumberField } from '../design/number-field.tsx';
import { isNumber, type NumberLimits, numberOf } from '../design/number-limits.ts';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';

/** The contracts' bounds, in minutes. */
const idleLimits: NumberLimits = { min: 1, max: 43_200, whole: true };
const heartbeatLimits: NumberLimits = { min: 0, max: 10_080, whole: true };

/** How agents of each tier wake, and how long they stay awake. */
export function Tiers({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const { data: tiers, error } = useQuery(tiersQuery);
  const [editing, setEditing] = useState<Tier | null>(null);
  if (!tiers) return error ? <ProblemNotice error={error} /> : <Skeleton className="h-64 rounded-lg" />;
  return (
    <div className="grid grid-cols-1 gap-4">
      <p className="max-w-2xl text-ink-soft text-sm">{t('routing.tiersText')}</p>
      <ul className="overflow-hidden rounded-lg border bg-surface">
        {tiers.map((tier) => (
          <li
            key={tier.id}
            data-testid="tier"
            data-name={tier.name}
            className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b px-4 py-3 text-sm last:border-0"
          >
            <span className="min-w-32 flex-1 font-medium">{tier.name}</span>
            <span className="flex flex-wrap items-center gap-2 text-ink-soft">
              <span>
                {tier.alwaysOn ? t('routing.staysOn') : t('routing.sleepsAfter', { count: tier.idleMinutes })}
              </span>
              <span aria-hidden="true">·</span>
              <span>
                {tier.heartbeatMinutes === 0
                  ? t('routing.noHeartbeat')
                  : t('routing.heartbeatEvery', { count: tier.heartbeatMinutes })}
              </span>
              {tier.fastPath && <span className="rounded bg-pressed px-1.5 text-xs">{t('routing.fastPath')}</span>}
            </span>
            {mayChange && (
              <Button
                kind="ghost"
                size="icon-sm"
                aria-label={t('routing.changeTier', { name: tier.name })}
                onClick={() => setEditing(tier)}
              >
                <Pencil aria-hidden="true" />
              </Button>
            )}
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
  const [alwaysOn, setAlwaysOn] = useState(tier.alwaysOn);
  const [fastPath, setFastPath] = useState(tier.fastPath);
  const [idle, setIdle] = useState(String(tier.idleMinutes));
  const [heartbeat, setHeartbeat] = useState(String(tier.heartbeatMinutes));
  const [insist, setInsist] = useState(false);
  const save = useMutation({
    mutationFn: (body: Pick<Tier, 'alwaysOn' | 'fastPath' | 'idleMinutes' | 'heartbeatMinutes'>) =>
      api.call('changeTier', { params: { tierId: tier.id }, body }),
    onSettled: () => queries.invalidateQueries(tiersQuery),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('routing.tierChanged') });
      onClose();
    },
  });
  const submit = () => {
    setInsist(true);
    const idleMinutes = numberOf(idle, idleLimits);
    const heartbeatMinutes = numberOf(heartbeat, heartbeatLimits);
    if (idleMinutes === null || heartbeatMinutes === null) return;
    save.mutate({ alwaysOn, fastPath, idleMinutes, heartbeatMinutes });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('routing.changeTier', { name: tier.name })}
      description={t('routing.tierText')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : t('routing.saveTier')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <CheckField
          label={t('routing.alwaysOn')}
          hint={t('routing.alwaysOnHint')}
          checked={alwaysOn}
          onChange={(event) => setAlwaysOn(event.target.checked)}
        />
        {!alwaysOn && (
          <NumberField
            label={t('routing.idle')}
            unit={t('routing.minutes')}
            value={idle}
            onValue={setIdle}
            limits={idleLimits}
            insist={insist && !isNumber(idle, idleLimits)}
          />
        )}
        <NumberField
          label={t('routing.heartbeat')}
          hint={t('routing.heartbeatHint')}
          unit={t('routing.minutes')}
          value={heartbeat}
          onValue={setHeartbeat}
          limits={heartbeatLimits}
          insist={insist && !isNumber(heartbeat, heartbeatLimits)}
        />
        <CheckField
          label={t('routing.fastPath')}
          hint={t('routing.fastPathHint')}
          checked={fastPath}
          onChange={(event) => setFastPath(event.target.checked)}
        />
        <ProblemNotice error={save.error} />
      </div>
    </Dialog>
  );
}
