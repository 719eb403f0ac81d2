import type { Employee, SettingsRow, SettingsScope } from '@clawpool/contracts';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Pencil, Plus } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { meQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { SelectField } from '../design/form-fields.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { positionsQuery } from '../organization/queries.ts';
import { isAdmin } from '../session/access.ts';
import { Moment } from '../tenants/tenant-cells.tsx';
import { PersonField } from './person-field.tsx';
import { agentSettingsQuery } from './queries.ts';
import { SettingValue, settingNames } from './setting-value.tsx';
import { SettingsDialog, type SettingsOwner } from './settings-dialog.tsx';
import { emptySettings } from './settings-form.ts';

/** What is set for the organization, for positions and for people beyond what their tiers and templates say. */
export function Configuration() {
  const { t } = useTranslation();
  const { data: me } = useSuspenseQuery(meQuery);
  const { data, error, refetch } = useQuery(agentSettingsQuery);
  const [edited, setEdited] = useState<SettingsOwner | null>(null);
  const [adding, setAdding] = useState<'position' | 'employee' | null>(null);
  if (!data) {
    return error ? (
      <Placeholder
        title={t('agentFactory.settings.failedTitle')}
        actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
      >
        <ProblemNotice error={error} />
      </Placeholder>
    ) : (
      <Skeleton className="h-60 w-full rounded-lg" />
    );
  }
  const mayChange = isAdmin(me);
  // What holds for everybody is decided by those who may.
  const mayChangeAll = mayChange && me.permissions.includes('policy');
  const ofOrganization: SettingsRow = data.rows.find(({ scope }) => scope === 'organization') ?? {
    ...{ scope: 'organization', ownerId: '-', ownerName: me.organization.name, settings: emptySettings },
    ...{ version: 0, updatedAt: '', updatedBy: '', affected: 0 },
  };
  const rowsOf = (wanted: SettingsScope) => data.rows.filter(({ scope }) => scope === wanted);
  return (
    <div className="grid gap-6">
      <p className="max-w-prose text-ink-soft text-sm">{t('agentFactory.settings.lead')}</p>
      <Group title={t('agentFactory.settings.organization')}>
        <Rows rows={[ofOrganization]} onEdit={mayChangeAll ? setEdited : null} />
      </Group>
      {(['position', 'employee'] as const).map((scope) => (
        <Group
          key={scope}
          title={t(`agentFactory.settings.${scope}`)}
          add={mayChange ? { label: t(`agentFactory.settings.add.${scope}`), onAdd: () => setAdding(scope) } : null}
        >
          {rowsOf(scope).length > 0 ? (
            <Rows rows={rowsOf(scope)} onEdit={mayChange ? setEdited : null} />
          ) : (
            <p className="rounded-lg border border-dashed px-4 py-5 text-center text-ink-faint text-sm">
              {t(`agentFactory.settings.none.${scope}`)}
            </p>
          )}
        </Group>
      ))}
      {adding && (
        <ChooseOwner
          scope={adding}
          onClose={() => setAdding(null)}
          onChosen={(owner) => {
            setAdding(null);
            setEdited(owner);
          }}
        />
      )}
      {edited && <SettingsDialog owner={edited} onClose={() => setEdited(null)} />}
    </div>
  );
}

function Group({
  title,
  add,
  children,
}: {
  title: string;
  add?: { label: string; onAdd: () => void } | null;
  children: React.ReactNode;
}) {
  return (
    <section aria-label={title} className="grid gap-2.5">
      <div className="flex min-h-8 items-center justify-between gap-3">
        <h2 className="font-semibold">{title}</h2>
        {add && (
          <Button size="sm" onClick={add.onAdd}>
            <Plus aria-hidden="true" />
            {add.label}
          </Button>
        )}
      </div>
      {children}
    </section>
  );
}

function Rows({ rows, onEdit }: { rows: readonly SettingsRow[]; onEdit: ((owner: SettingsOwner) => void) | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  return (
    <ul className="overflow-hidden rounded-lg border bg-surface">
      {rows.map((row) => (
        <li
          key={`${row.scope}/${row.ownerId}`}
          data-testid="settings-row"
          data-owner={`${row.scope}/${row.ownerId}`}
          className="flex flex-wrap items-start gap-x-6 gap-y-3 border-b px-4 py-3.5 last:border-0 sm:px-5"
        >
          <div className="min-w-0 flex-1 basis-52">
            <h3 className="break-words font-medium">{row.ownerName}</h3>
            <p className="mt-0.5 text-ink-faint text-xs">
              {row.version === 0 ? (
                t('agentFactory.settings.nothingSet')
              ) : (
                <>
                  {t('soul.agents', { count: row.affected })} · {row.updatedBy}, <Moment at={row.updatedAt} now={now} />
                </>
              )}
            </p>
          </div>
          <dl className="grid min-w-0 flex-[3] basis-72 grid-cols-2 gap-x-4 max-lg:order-last max-lg:basis-full gap-y-2.5 text-sm lg:grid-cols-5">
            {settingNames.map((name) => (
              <div key={name} className="min-w-0">
                <dt className="text-ink-faint text-xs">{t(`agentFactory.settings.fields.${name}`)}</dt>
                <dd className="mt-0.5 break-words">
                  {row.settings[name] === null ? (
                    <span className="text-ink-faint">{t('agentFactory.settings.open')}</span>
                  ) : (
                    <SettingValue name={name} value={row.settings[name]} locale={format.locale} />
                  )}
                </dd>
              </div>
            ))}
          </dl>
          {onEdit && (
            <Button
              size="icon-sm"
              kind="ghost"
              aria-label={t('agentFactory.settings.edit', { name: row.ownerName })}
              title={t('agentFactory.settings.edit', { name: row.ownerName })}
              onClick={() => onEdit(row)}
            >
              <Pencil aria-hidden="true" />
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** Whom something is to be set for. */
function ChooseOwner({
  scope,
  onClose,
  onChosen,
}: {
  scope: 'position' | 'employee';
  onClose: () => void;
  onChosen: (owner: SettingsOwner) => void;
}) {
  const { t } = useTranslation();
  const { data: positions = [], error } = useQuery({ ...positionsQuery, enabled: scope === 'position' });
  const [positionId, setPositionId] = useState('');
  const [person, setPerson] = useState<Employee | null>(null);
  const [insist, setInsist] = useState(false);
  const position = positions.find(({ id }) => id === positionId);
  const submit = () => {
    setInsist(true);
    if (scope === 'position' && position) onChosen({ scope, ownerId: position.id, ownerName: position.name });
    if (scope === 'employee' && person) {
      onChosen({ scope, ownerId: person.id, ownerName: person.name, tenantId: person.tenantId });
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      size="sm"
      title={t(`agentFactory.settings.add.${scope}`)}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary">
            {t('agentFactory.settings.goOn')}
          </Button>
        </>
      }
    >
      {scope === 'position' ? (
        <div className="grid gap-3">
          <SelectField
            label={t('agentFactory.columns.position')}
            error={insist && !position ? t('agentFactory.choosePosition') : undefined}
            value={positionId}
            onChange={(event) => setPositionId(event.target.value)}
          >
            <option value="">{t('agentFactory.choose')}</option>
            {positions.map(({ id, name, department }) => (
              <option key={id} value={id}>
                {name}, {department}
              </option>
            ))}
          </SelectField>
          <ProblemNotice error={error} />
        </div>
      ) : (
        <PersonField
          value={person}
          onValue={setPerson}
          error={insist && !person ? t('agentFactory.choosePerson') : undefined}
        />
      )}
    </Dialog>
  );
}
