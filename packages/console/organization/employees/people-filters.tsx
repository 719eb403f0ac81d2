import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { SearchField, Select } from '../../design/field.tsx';
import { useSettled } from '../../design/use-settled.ts';
import { DepartmentOptions } from '../department-field.tsx';
import { rowsOf, treeOf } from '../departments/department-tree.ts';
import { departmentsQuery, positionsQuery } from '../queries.ts';
import { type PeopleView, peopleFilters } from '../views.ts';

/** Narrows a list of people down; what it says is in the address. */
export function PeopleFilters({ view, onView }: { view: PeopleView; onView: (parts: PeopleView) => void }) {
  const { t } = useTranslation();
  const { data: departments = [] } = useQuery(departmentsQuery);
  const { data: positions = [] } = useQuery(positionsQuery);
  const [search, setSearch] = useSettled(view.search ?? '', (text) => onView({ search: text || undefined }));
  return (
    <div className="flex flex-wrap items-center gap-2">
      <SearchField
        label={t('employees.search')}
        value={search}
        onValue={setSearch}
        className="min-w-52 flex-1 max-sm:basis-full sm:max-w-80"
      />
      <Select
        label={t('employees.byDepartment')}
        className="max-w-52 max-sm:min-w-0 max-sm:max-w-none max-sm:flex-1 max-sm:basis-[40%]"
        value={view.department ?? ''}
        onChange={(event) => onView({ department: event.target.value || undefined })}
      >
        <option value="">{t('employees.everyDepartment')}</option>
        <DepartmentOptions rows={rowsOf(treeOf(departments))} />
      </Select>
      <Select
        label={t('employees.byPosition')}
        className="max-w-52 max-sm:min-w-0 max-sm:max-w-none max-sm:flex-1 max-sm:basis-[40%]"
        value={view.position ?? ''}
        onChange={(event) => onView({ position: event.target.value || undefined })}
      >
        <option value="">{t('employees.everyPosition')}</option>
        {positions.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </Select>
      <Select
        label={t('employees.byAgent')}
        className="max-sm:min-w-0 max-sm:flex-1 max-sm:basis-[40%]"
        value={view.with ?? ''}
        onChange={(event) => onView({ with: peopleFilters.find((filter) => filter === event.target.value) })}
      >
        <option value="">{t('employees.everybody')}</option>
        {peopleFilters.map((filter) => (
          <option key={filter} value={filter}>
            {t(`employees.with.${filter}`)}
          </option>
        ))}
      </Select>
    </div>
  );
}
