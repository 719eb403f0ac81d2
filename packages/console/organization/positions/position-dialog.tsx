import { type Position, type ToolName, toolNames } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/api.ts';
import { tiersQuery } from '../../api/pool-queries.ts';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { CheckField, Fold, InputField, SelectField } from '../../design/form-fields.tsx';
import { showToast } from '../../design/toast.tsx';
import { SkillFields } from '../../tenants/tenant-fields.tsx';
import { DepartmentField } from '../department-field.tsx';
import { rowsOf, treeOf } from '../departments/department-tree.ts';
import { topicsOf } from '../employees/employee-form.ts';
import { departmentsQuery, organizationChanged } from '../queries.ts';

/** Makes a position, or changes one; its agents have the change with their next turn. */
export function PositionDialog({
  position,
  onClose,
}: {
  /** Null: a new one. */
  position: Position | null;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: departments = [], error: departmentsError } = useQuery(departmentsQuery);
  const { data: tiers = [], error: tiersError } = useQuery(tiersQuery);
  const [form, setForm] = useState(() => ({
    name: position?.name ?? '',
    departmentId: position?.departmentId ?? '',
    tierId: position?.tierId ?? '',
    tools: position?.tools ?? [],
    skills: position?.skills ?? [],
    contactFor: position?.contactFor.join(', ') ?? '',
  }));
  const [insist, setInsist] = useState(false);
  const change = (parts: Partial<typeof form>) => setForm((before) => ({ ...before, ...parts }));
  const save = useMutation({
    mutationFn: () => {
      const body = { ...form, name: form.name.trim(), contactFor: topicsOf(form.contactFor) };
      return position
        ? api.call('changePosition', { params: { positionId: position.id }, body })
        : api.call('createPosition', { body });
    },
    onSettled: () => queries.invalidateQueries(organizationChanged),
    onSuccess: (saved) => {
      showToast({ tone: 'good', title: t(position ? 'positions.changed' : 'positions.created'), detail: saved.name });
      onClose();
    },
  });
  const missing = { name: form.name.trim() === '', department: form.departmentId === '', tier: form.tierId === '' };
  const submit = () => {
    setInsist(true);
    if (!Object.values(missing).includes(true) && !save.isPending) save.mutate();
  };
  const tier = tiers.find(({ id }) => id === form.tierId);
  const ceiling = tier?.toolsCeiling.map((tool) => t(`positions.tool.${tool}`)).join(', ');
  return (
    <Dialog
      open
      onClose={onClose}
      title={position ? t('positions.changeTitle', { name: position.name }) : t('positions.new')}
      description={position && position.agents > 0 ? t('positions.affects', { count: position.agents }) : undefined}
      onSubmit={submit}
      footer={
        <>
          {(save.error ?? departmentsError ?? tiersError) && (
            <div className="w-full">
              <ProblemNotice error={save.error ?? departmentsError ?? tiersError} />
            </div>
          )}
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : t(position ? 'common.save' : 'positions.create')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <InputField
          label={t('positions.name')}
          value={form.name}
          maxLength={80}
          error={insist && missing.name ? t('organization.nameMissing') : undefined}
          onChange={(event) => change({ name: event.target.value })}
        />
        <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
          <DepartmentField
            label={t('employees.department')}
            empty={t('routing.choose')}
            rows={rowsOf(treeOf(departments))}
            value={form.departmentId}
            error={insist && missing.department ? t('employees.departmentMissing') : undefined}
            onChange={(event) => change({ departmentId: event.target.value })}
          />
          <SelectField
            label={t('positions.tier')}
            hint={
              ceiling === undefined ? undefined : t('positions.ceiling', { tools: ceiling || t('positions.noTools') })
            }
            value={form.tierId}
            error={insist && missing.tier ? t('routing.chooseTier') : undefined}
            onChange={(event) => change({ tierId: event.target.value })}
          >
            <option value="">{t('routing.choose')}</option>
            {tiers.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </SelectField>
        </div>
        <Tools tools={form.tools} ceiling={tier?.toolsCeiling ?? toolNames} onTools={(tools) => change({ tools })} />
        <InputField
          label={t('organization.contactFor')}
          hint={t('organization.contactForHint')}
          value={form.contactFor}
          maxLength={1200}
          onChange={(event) => change({ contactFor: event.target.value })}
        />
        <Fold title={t('positions.skillsChosen', { count: form.skills.length })} open={form.skills.length > 0}>
          <SkillFields skills={form.skills} onChange={({ skills = [] }) => change({ skills })} />
        </Fold>
      </div>
    </Dialog>
  );
}

function Tools({
  tools,
  ceiling,
  onTools,
}: {
  tools: readonly ToolName[];
  ceiling: readonly ToolName[];
  onTools: (tools: ToolName[]) => void;
}) {
  const { t } = useTranslation();
  return (
    <fieldset>
      <legend className="mb-2 font-medium text-sm">{t('positions.tools')}</legend>
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-2">
        {toolNames.map((tool) => (
          <CheckField
            key={tool}
            label={t(`tools.${tool}`)}
            hint={ceiling.includes(tool) ? undefined : t('positions.aboveCeiling')}
            checked={tools.includes(tool)}
            onChange={(event) =>
              onTools(toolNames.filter((other) => (other === tool ? event.target.checked : tools.includes(other))))
            }
          />
        ))}
      </div>
    </fieldset>
  );
}
