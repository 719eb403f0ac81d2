import type { Tenant } from '@clawpool/contracts';
import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../api/queries.ts';
import { Meter } from '../design/progress.tsx';
import { Tag } from '../design/tag.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { AgentRights } from '../security/agent-rights.tsx';
import { isAdmin } from '../session/access.ts';
import { useBeginOperation } from '../tenants/operations.tsx';
import { actionsOf } from '../tenants/tenant-actions.ts';
import { CopyText, GatewayHealth, Health, Moment, Tags } from '../tenants/tenant-cells.tsx';
import { daysInWords } from '../tenants/timetable.ts';
import { Card, Fact, Facts } from './card.tsx';
import { EditLabels, EditLifetime, EditSkills } from './edits.tsx';

type Edited = 'labels' | 'skills' | 'lifetime';

export function OverviewTab({ tenant, mayChange }: { tenant: Tenant; mayChange: boolean }) {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const begin = useBeginOperation();
  const [edited, setEdited] = useState<Edited | null>(null);
  /** Another may have been opened while this one was stored. */
  const done = (what: Edited) => () => setEdited((now) => (now === what ? null : now));
  const editing = (what: Edited) => (mayChange && edited !== what ? () => setEdited(what) : null);
  const resizable = mayChange && actionsOf(tenant).includes('resize');
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <div className="grid min-w-0 gap-4">
        <Identity tenant={tenant} />
        <Runtime tenant={tenant} />
        {tenant.owner === null && tenant.state !== 'deleted' && isAdmin(me) && <AgentRights tenant={tenant} />}
      </div>
      <div className="grid min-w-0 gap-4">
        <Card
          title={t('tenant.resources')}
          change={t('tenant.changeResources')}
          onChange={resizable ? () => begin(tenant, 'resize') : null}
        >
          <Resources tenant={tenant} />
        </Card>
        <Card title={t('tenant.labels')} change={t('tenant.changeLabels')} onChange={editing('labels')}>
          {edited === 'labels' ? <EditLabels tenant={tenant} onDone={done('labels')} /> : <Labels tenant={tenant} />}
        </Card>
        <Card title={t('tenant.lifetime')} change={t('tenant.changeLifetime')} onChange={editing('lifetime')}>
          {edited === 'lifetime' ? (
            <EditLifetime tenant={tenant} onDone={done('lifetime')} />
          ) : (
            <Lifetime tenant={tenant} />
          )}
        </Card>
        <Card title={t('tenant.skills')} change={t('tenant.changeSkills')} onChange={editing('skills')}>
          {edited === 'skills' ? <EditSkills tenant={tenant} onDone={done('skills')} /> : <Skills tenant={tenant} />}
        </Card>
      </div>
    </div>
  );
}

function Identity({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  const now = useNow(30_000);
  const { owner } = tenant;
  return (
    <Card title={t('tenant.identity')}>
      <Facts>
        <Fact name={t('tenants.columns.id')}>
          <CopyText text={tenant.id} label={t('tenants.copyId', { name: tenant.name })} />
        </Fact>
        <Fact name={t('tenants.columns.owner')}>
          {owner ? (
            <>
              {owner.name}
              <span className="block text-ink-faint text-xs">
                {owner.position}, {owner.department}
              </span>
            </>
          ) : (
            t('tenants.nobody')
          )}
        </Fact>
        <Fact name={t('tenants.columns.tier')}>
          {tenant.tier}
          {tenant.alwaysOn && <span className="text-ink-faint"> · {t('tenant.alwaysOn')}</span>}
        </Fact>
        <Fact name={t('tenant.template')}>{tenant.configTemplate ?? <None />}</Fact>
        <Fact name={t('tenants.columns.created')}>
          <Moment at={tenant.createdAt} now={now} />
        </Fact>
        <Fact name={t('tenants.columns.lastActive')}>
          {tenant.lastActiveAt ? <Moment at={tenant.lastActiveAt} now={now} /> : t('tenants.never')}
        </Fact>
        <Fact name={t('tenant.lastCheckpoint')}>
          {tenant.lastCheckpointAt ? <Moment at={tenant.lastCheckpointAt} now={now} /> : t('tenants.never')}
        </Fact>
      </Facts>
    </Card>
  );
}

function Runtime({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  return (
    <Card title={t('tenant.runtime')}>
      <Facts>
        <Fact name={t('tenants.columns.image')}>{tenant.image}</Fact>
        <Fact name={t('tenant.driver')}>{tenant.driver}</Fact>
        <Fact name={t('tenants.columns.host')}>{tenant.host ?? <None />}</Fact>
        <Fact name={t('tenants.columns.address')}>
          {tenant.address ? (
            <CopyText
              text={tenant.address}
              label={t('tenants.copyAddress', { name: tenant.name })}
              className="[&_span]:whitespace-normal [&_span]:break-all [&_span]:text-start"
            />
          ) : (
            <None />
          )}
        </Fact>
        <Fact name={t('tenants.columns.port')}>{tenant.port ?? <None />}</Fact>
        <Fact name={t('tenants.columns.health')}>
          <Health health={tenant.health} />
        </Fact>
        <Fact name={t('tenants.columns.gateway')}>
          <GatewayHealth gateway={tenant.gateway} />
        </Fact>
      </Facts>
    </Card>
  );
}

function Resources({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className="grid gap-4">
      <Gauge
        name={t('tenants.columns.cpus')}
        used={tenant.cpuPercent}
        limit={tenant.cpus * 100}
        text={
          tenant.cpuPercent === null
            ? t('tenant.cores', { count: tenant.cpus })
            : t('tenant.cpuOf', { percent: Math.round(tenant.cpuPercent), count: tenant.cpus })
        }
      />
      <Gauge
        name={t('tenants.columns.memory')}
        used={tenant.memoryBytes}
        limit={tenant.memoryLimitBytes}
        text={amount(tenant.memoryBytes, tenant.memoryLimitBytes)}
      />
      <Gauge
        name={t('tenants.columns.disk')}
        used={tenant.diskBytes}
        limit={tenant.diskLimitBytes}
        text={amount(tenant.diskBytes, tenant.diskLimitBytes)}
      />
    </div>
  );

  function amount(used: number | null, limit: number): string {
    const most = format.bytes(limit);
    return used === null
      ? t('tenants.upTo', { limit: most })
      : t('tenants.usedOf', { used: format.bytes(used), limit: most });
  }
}

function Gauge({ name, used, limit, text }: { name: string; used: number | null; limit: number; text: string }) {
  return (
    <div className="text-sm">
      <div className="mb-1.5 flex items-baseline justify-between gap-3">
        <span className="text-ink-faint">{name}</span>
        <span className="tabular">{text}</span>
      </div>
      <Meter used={used ?? 0} total={limit} className="h-1.5" />
    </div>
  );
}

function Labels({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  return (
    <Facts>
      <Fact name={t('tenants.columns.group')}>
        {tenant.group ? (
          <Link
            to="/tenants"
            search={{ group: tenant.group }}
            className="rounded-xs text-accent-ink underline underline-offset-4"
          >
            {tenant.group}
          </Link>
        ) : (
          <None />
        )}
      </Fact>
      <Fact name={t('tenants.columns.tags')}>
        <Tags tags={tenant.tags} />
      </Fact>
    </Facts>
  );
}

function Lifetime({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { expiresAt, onExpiry, timetable } = tenant;
  return (
    <Facts>
      <Fact name={t('tenant.expires')}>
        {expiresAt
          ? t(onExpiry === 'delete' ? 'tenant.expiresDelete' : 'tenant.expiresStop', {
              at: format.full(Date.parse(expiresAt)),
            })
          : t('tenant.expiresNever')}
      </Fact>
      <Fact name={t('tenant.timetable')}>
        {timetable
          ? t('tenant.hours', {
              days: daysInWords(timetable.days, format.locale),
              start: timetable.start,
              stop: timetable.stop,
              zone: timetable.timezone,
            })
          : t('tenant.noTimetable')}
      </Fact>
    </Facts>
  );
}

function Skills({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  return (
    <Facts>
      <Fact name={t('tenant.skills')}>
        <Names names={tenant.skills} />
      </Fact>
      <Fact name={t('tenant.skillGroups')}>
        <Names names={tenant.skillGroups} />
      </Fact>
    </Facts>
  );
}

function Names({ names }: { names: readonly string[] }): ReactNode {
  if (names.length === 0) return <None />;
  return (
    <span className="flex flex-wrap gap-1">
      {names.map((name) => (
        <Tag key={name} name={name} />
      ))}
    </span>
  );
}

function None() {
  const { t } = useTranslation();
  return <span className="text-ink-faint">{t('common.none')}</span>;
}
