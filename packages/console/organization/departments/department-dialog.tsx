import type { Department } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api/api.ts';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { InputField } from '../../design/form-fields.tsx';
import { showToast } from '../../design/toast.tsx';
import { DepartmentField } from '../department-field.tsx';
import { organizationChanged } from '../queries.ts';
import { possibleParents } from './department-tree.ts';

/** Makes a department, or renames and moves one. */
export function DepartmentDialog({
  department,
  parentId,
  departments,
  onClose,
  onSaved,
}: {
  /** Null: a new one. */
  department: Department | null;
  /** Below which it stands, or is to stand at first. */
  parentId: string | null;
  departments: readonly Department[];
  onClose: () => void;
  onSaved?: (department: Department) => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState(department?.name ?? '');
  const [parent, setParent] = useState(parentId ?? '');
  const [insist, setInsist] = useState(false);
  const moved = department !== null && parent !== (parentId ?? '');
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), parentId: parent || null };
      return department
        ? api.call('changeDepartment', { params: { departmentId: department.id }, body })
        : api.call('createDepartment', { body });
    },
    onSettled: () => queries.invalidateQueries(organizationChanged),
    onSuccess: (saved) => {
      showToast({
        tone: 'good',
        title: t(department ? 'departments.changed' : 'departments.created'),
        detail: saved.name,
      });
      onClose();
      onSaved?.(saved);
    },
  });
  const submit = () => {
    setInsist(true);
    if (name.trim() !== '' && !save.isPending) save.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={department ? t('departments.changeTitle', { name: department.name }) : t('departments.new')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : t(department ? 'common.save' : 'departments.create')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <InputField
          label={t('departments.name')}
          value={name}
          maxLength={80}
          error={insist && name.trim() === '' ? t('organization.nameMissing') : undefined}
          onChange={(event) => setName(event.target.value)}
        />
        <DepartmentField
          label={t('departments.parent')}
          hint={moved ? t('departments.movedHint') : t('departments.parentHint')}
          empty={t('departments.onTop')}
          rows={possibleParents(departments, department?.id ?? null)}
          value={parent}
          onChange={(event) => setParent(event.target.value)}
        />
        <ProblemNotice error={save.error} />
      </div>
    </Dialog>
  );
}
