import type { changeTenantBody, Tenant } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { InputField } from '../design/form-fields.tsx';
import { isNumber, numberOf } from '../design/number-limits.ts';
import { showToast } from '../design/toast.tsx';
import { useFormat } from '../format/use-format.ts';
import { isName, ttlLimits } from '../tenants/new-tenant-form.ts';
import { TagField } from '../tenants/tag-field.tsx';
import { LifetimeFields, SkillFields, TimetableFields } from '../tenants/tenant-fields.tsx';
import { isTimetable, type TimetableForm, timetableOf } from '../tenants/timetable.ts';

type Change = NonNullable<Parameters<typeof changeTenantBody.parse>[0]> & Record<string, unknown>;

interface EditProps {
  tenant: Tenant;
  onDone: () => void;
}

/** A part of the tenant's page as a small form in its place. `change` is null while it cannot be sent. */
function EditForm({ tenant, change, onDone, children }: EditProps & { change: Change | null; children: ReactNode }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const save = useMutation({
    mutationFn: (body: Change) => api.call('changeTenant', { params: { tenantId: tenant.id }, body }),
    onSuccess: (changed) => {
      queryClient.setQueriesData({ queryKey: ['tenants', 'one'] }, (known: Tenant | undefined) =>
        known?.id === changed.id ? changed : known,
      );
      void queryClient.invalidateQueries({ queryKey: ['tenants'] });
      showToast({ tone: 'good', title: t('tenant.saved') });
      onDone();
    },
  });
  return (
    <form
      noValidate
      className="grid gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (change && !save.isPending) save.mutate(change);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onDone();
      }}
    >
      {children}
      <ProblemNotice error={save.error} />
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>{t('common.cancel')}</Button>
        <Button type="submit" kind="primary" disabled={change === null || save.isPending}>
          {t('common.save')}
        </Button>
      </div>
    </form>
  );
}

export function EditLabels({ tenant, onDone }: EditProps) {
  const { t } = useTranslation();
  const [name, setName] = useState(tenant.name);
  const [group, setGroup] = useState(tenant.group ?? '');
  const [tags, setTags] = useState(tenant.tags);
  const change = isName(name)
    ? { ...(name.trim() === tenant.name ? {} : { name: name.trim() }), group: group.trim() || null, tags }
    : null;
  return (
    <EditForm tenant={tenant} change={change} onDone={onDone}>
      <InputField
        label={t('newTenant.name')}
        hint={t('newTenant.nameHint')}
        error={change === null ? t('newTenant.nameWrong') : undefined}
        mono
        maxLength={32}
        autoCapitalize="none"
        spellCheck={false}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <InputField
        label={t('newTenant.group')}
        maxLength={64}
        value={group}
        onChange={(event) => setGroup(event.target.value)}
      />
      <TagField tags={tags} onTags={setTags} />
    </EditForm>
  );
}

export function EditSkills({ tenant, onDone }: EditProps) {
  const [chosen, setChosen] = useState({ skills: tenant.skills, skillGroups: tenant.skillGroups });
  return (
    <EditForm tenant={tenant} change={chosen} onDone={onDone}>
      <SkillFields {...chosen} onChange={(parts) => setChosen({ ...chosen, ...parts })} />
    </EditForm>
  );
}

export function EditLifetime({ tenant, onDone }: EditProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [life, setLife] = useState<{ ttlHours: string; onExpiry: 'stop' | 'delete' }>({
    ttlHours: '',
    onExpiry: tenant.onExpiry,
  });
  const [keeps, setKeeps] = useState(true);
  const [timetable, setTimetable] = useState<TimetableForm | null>(tenant.timetable);
  const valid = isNumber(life.ttlHours, ttlLimits, true) && (timetable === null || isTimetable(timetable));
  const hours = numberOf(life.ttlHours, ttlLimits);
  const change = valid
    ? {
        // An empty field of a tenant that expires leaves its end where it is, unless that was taken away.
        ...(hours !== null ? { ttlHours: hours } : keeps ? {} : { ttlHours: null }),
        onExpiry: life.onExpiry,
        timetable: timetable && timetableOf(timetable),
      }
    : null;
  return (
    <EditForm tenant={tenant} change={change} onDone={onDone}>
      <LifetimeFields
        {...life}
        hint={
          tenant.expiresAt && keeps
            ? t('tenant.ttlKeeps', { at: format.full(Date.parse(tenant.expiresAt)) })
            : t('newTenant.ttlHint')
        }
        onChange={(parts) => setLife({ ...life, ...parts })}
      />
      {tenant.expiresAt && keeps && (
        <Button size="sm" className="justify-self-start" onClick={() => setKeeps(false)}>
          {t('tenant.neverExpires')}
        </Button>
      )}
      <TimetableFields timetable={timetable} onTimetable={setTimetable} />
    </EditForm>
  );
}
