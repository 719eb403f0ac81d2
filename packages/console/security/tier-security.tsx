import type { Tier } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { tiersQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { Fact, Facts } from '../tenant/card.tsx';
import { TierDialog } from './tier-dialog.tsx';
import { TierRemoval } from './tier-removal.tsx';
import { ToolList } from './tool-marks.tsx';

type Doing = { kind: 'make' } | { kind: 'change' | 'remove'; tier: Tier };

/** The runtimes agents are given, and how far their rights can go. */
export function TierSecurity({ mayChange, hasPolicy }: { mayChange: boolean; hasPolicy: boolean }) {
  const { t } = useTranslation();
  const { data: tiers, error } = useQuery(tiersQuery);
  const [doing, setDoing] = useState<Doing | null>(null);
  const done = () => setDoing(null);
  if (!tiers) return error ? <ProblemNotice error={error} /> : <Skeleton className="h-64 rounded-lg" />;
  const add = mayChange && (hasPolicy || tiers.length > 0) && (
    <Button kind="primary" onClick={() => setDoing({ kind: 'make' })}>
      <Plus aria-hidden="true" />
      {t('security.newTier')}
    </Button>
  );
  return (
    <div className="grid grid-cols-1 gap-4">
      <div className="flex flex-wrap items-start justify-between gap-3">
        <p className="max-w-2xl text-ink-soft text-sm">{t('security.tiersText')}</p>
        {tiers.length > 0 && add}
      </div>
      {tiers.length === 0 && (
        <Placeholder title={t('security.noTier')} actions={add || undefined}>
          {t('security.noTierText')}
        </Placeholder>
      )}
      <ul className="grid grid-cols-1 gap-4 lg:grid-cols-2">
        {tiers.map((tier) => (
          <TierCard key={tier.id} tier={tier} mayChange={mayChange} onDoing={setDoing} />
        ))}
      </ul>
      {doing?.kind === 'make' && <TierDialog tier={null} tiers={tiers} hasPolicy={hasPolicy} onClose={done} />}
      {doing?.kind === 'change' && <TierDialog tier={doing.tier} tiers={tiers} hasPolicy={hasPolicy} onClose={done} />}
      {doing?.kind === 'remove' && <TierRemoval tier={doing.tier} onClose={done} />}
    </div>
  );
}

function TierCard({ tier, mayChange, onDoing }: { tier: Tier; mayChange: boolean; onDoing: (doing: Doing) => void }) {
  const { t } = useTranslation();
  const { name, cpus, memoryMegabytes, diskMegabytes, pids } = tier;
  return (
    <li data-testid="tier-security" data-name={name} className="min-w-0 rounded-lg border bg-surface p-4 text-sm">
      <div className="mb-3 flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="break-words font-semibold text-base">{name}</h2>
          {tier.description && <p className="break-words text-ink-soft">{tier.description}</p>}
          <p className="text-ink-faint text-xs">
            {t('security.usedBy', {
              positions: t('security.positionsCount', { count: tier.positions }),
              agents: t('security.agentsCount', { count: tier.agents }),
            })}
          </p>
        </div>
        {mayChange && (
          <div className="-me-1 -mt-1 flex shrink-0">
            <Button
              kind="ghost"
              size="icon-sm"
              aria-label={t('security.changeTier', { name })}
              onClick={() => onDoing({ kind: 'change', tier })}
            >
              <Pencil aria-hidden="true" />
            </Button>
            <Button
              kind="ghost"
              size="icon-sm"
              aria-label={t('security.deleteTier', { name })}
              onClick={() => onDoing({ kind: 'remove', tier })}
            >
              <Trash2 aria-hidden="true" />
            </Button>
          </div>
        )}
      </div>
      <Facts>
        <Fact name={t('security.field.driver')}>{tier.driver ?? t('security.installations')}</Fact>
        <Fact name={t('security.field.image')}>{tier.image ?? t('security.standard')}</Fact>
        <Fact name={t('security.size')}>
          {t('security.sizes', { cpus, memory: memoryMegabytes, disk: diskMegabytes, pids })}
        </Fact>
        <Fact name={t('security.field.model')}>{tier.model ?? t('security.installations')}</Fact>
        <Fact name={t('security.sleep')}>
          {tier.alwaysOn ? t('routing.staysOn') : t('routing.sleepsAfter', { count: tier.idleMinutes })}
        </Fact>
        <Fact name={t('security.field.toolsCeiling')}>
          <ToolList tools={tier.toolsCeiling} />
        </Fact>
        <Fact name={t('security.field.egressHosts')}>
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
  );
}
