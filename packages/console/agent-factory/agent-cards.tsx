import type { AgentOverview, ToolStanding } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Check, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Skeleton } from '../design/placeholder.tsx';
import { Tag } from '../design/tag.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { isAdmin } from '../session/access.ts';
import { LayerChip } from '../soul/layer-look.tsx';
import { Card, Fact, Facts } from '../tenant/card.tsx';
import { Moment } from '../tenants/tenant-cells.tsx';
import { useOrigin } from './agent-words.tsx';
import { agentToolsQuery, effectiveSettingsQuery } from './queries.ts';
import { SettingValue, settingNames } from './setting-value.tsx';
import { SettingsDialog } from './settings-dialog.tsx';

export function IdentityCard({ agent }: { agent: AgentOverview }) {
  const { t } = useTranslation();
  const now = useNow(30_000);
  const { name, kind, owner, tier, lastActiveAt } = agent;
  return (
    <Card title={t('agentFactory.identity')}>
      <Facts>
        <Fact name={t('agentFactory.columns.agent')}>{name}</Fact>
        <Fact name={t('agentFactory.kindOf')}>{t(`agentFactory.kind.${kind}`, { name: owner?.name ?? '' })}</Fact>
        {owner && (
          <>
            <Fact name={t('agentFactory.person')}>{owner.name}</Fact>
            <Fact name={t('agentFactory.columns.position')}>{owner.position ?? t('agentFactory.noPosition')}</Fact>
            <Fact name={t('agentFactory.department')}>{owner.department}</Fact>
          </>
        )}
        <Fact name={t('tenants.columns.tier')}>{tier}</Fact>
        <Fact name={t('agentFactory.columns.lastActive')}>
          {lastActiveAt ? <Moment at={lastActiveAt} now={now} /> : t('agentFactory.never')}
        </Fact>
      </Facts>
    </Card>
  );
}

export function LayersCard({ agent: { layers, owner } }: { agent: AgentOverview }) {
  const { t } = useTranslation();
  const rows = [
    { scope: 'global', ownerId: '-', version: layers.global, name: t('agentFactory.forEverybody') },
    { scope: 'position', ownerId: owner?.positionId ?? null, version: layers.position, name: owner?.position },
    { scope: 'personal', ownerId: owner?.employeeId ?? null, version: layers.personal, name: owner?.name },
  ] as const;
  return (
    <Card title={t('agentFactory.columns.layers')}>
      <ul className="grid gap-1 text-sm">
        {rows.map(({ scope, ownerId, version, name }) =>
          version === null || ownerId === null ? null : (
            <li key={scope}>
              <Link
                to="/soul/$scope/$ownerId"
                params={{ scope, ownerId }}
                className="-mx-2 flex flex-wrap items-center gap-x-3 gap-y-1 rounded-md px-2 py-1.5 hover:bg-hover"
              >
                <LayerChip scope={scope} />
                <span className="min-w-0 flex-1 break-words">{name}</span>
                <span className="tabular text-ink-faint">
                  {version === 0 ? t('soul.neverWritten') : t('soul.version', { version })}
                </span>
              </Link>
            </li>
          ),
        )}
      </ul>
    </Card>
  );
}

/** What holds for the agent, each value with who has said it. */
export function SettingsCard({ agent: { tenantId, owner, kind } }: { agent: AgentOverview }) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const origin = useOrigin();
  const { data: me } = useSuspenseQuery(meQuery);
  const { data, error } = useQuery(effectiveSettingsQuery(tenantId));
  const [editing, setEditing] = useState(false);
  const editable = isAdmin(me) && kind === 'personal' ? owner : null;
  return (
    <Card
      title={t('agentFactory.settings.card')}
      change={t('agentFactory.settings.edit', { name: owner?.name ?? '' })}
      onChange={editable ? () => setEditing(true) : null}
    >
      {data ? (
        <Facts>
          {settingNames.map((name) => (
            <Fact key={name} name={t(`agentFactory.settings.fields.${name}`)}>
              <SettingValue name={name} value={data[name].value} locale={locale} />
              <span className="block text-ink-faint text-xs">{origin(data[name])}</span>
            </Fact>
          ))}
        </Facts>
      ) : error ? (
        <ProblemNotice error={error} />
      ) : (
        <Skeleton className="h-40 rounded-md" />
      )}
      {editing && editable && (
        <SettingsDialog
          owner={{ scope: 'employee', ownerId: editable.employeeId, ownerName: editable.name, tenantId }}
          onClose={() => setEditing(false)}
        />
      )}
    </Card>
  );
}

export function ToolsCard({ tenantId }: { tenantId: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(agentToolsQuery(tenantId));
  return (
    <Card title={t('agentFactory.columns.tools')}>
      {data ? (
        <div className="grid gap-4">
          <ul className="grid gap-2.5 text-sm">
            {data.tools.map((standing) => (
              <Tool key={standing.tool} standing={standing} />
            ))}
          </ul>
          <Names title={t('agentFactory.skills')} names={data.skills} />
          <Names title={t('agentFactory.hosts')} names={data.hosts} />
        </div>
      ) : error ? (
        <ProblemNotice error={error} />
      ) : (
        <Skeleton className="h-40 rounded-md" />
      )}
    </Card>
  );
}

function Tool({ standing: { tool, allowed, because, until } }: { standing: ToolStanding }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <li data-testid="tool" data-tool={tool} data-allowed={allowed} className="flex items-start gap-2.5">
      {allowed ? (
        <Check className="mt-0.5 size-4 shrink-0 text-good-ink" aria-hidden="true" />
      ) : (
        <X className="mt-0.5 size-4 shrink-0 text-ink-faint" aria-hidden="true" />
      )}
      <span className="min-w-0">
        <span className={allowed ? '' : 'text-ink-soft'}>{t(`tools.${tool}`)}</span>
        <span className="block text-ink-faint text-xs">
          {t(`agentFactory.because.${because}`)}
          {until && <> · {t('agentFactory.until', { at: format.full(Date.parse(until)) })}</>}
        </span>
      </span>
    </li>
  );
}

function Names({ title, names }: { title: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 text-ink-faint text-xs">{title}</h3>
      <p className="flex flex-wrap gap-1">
        {names.map((name) => (
          <Tag key={name} name={name} />
        ))}
      </p>
    </section>
  );
}
