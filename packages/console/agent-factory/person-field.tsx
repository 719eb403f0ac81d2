import type { Employee } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { SearchField } from '../design/field.tsx';
import { SelectField } from '../design/form-fields.tsx';
import { useSettled } from '../design/use-settled.ts';
import { peopleQuery } from './queries.ts';

/** A person, found by a few letters where there are many. */
export function PersonField({
  value,
  onValue,
  withoutAgent = false,
  error,
}: {
  value: Employee | null;
  onValue: (person: Employee | null) => void;
  /** Only people who have no agent of their own. */
  withoutAgent?: boolean;
  error?: string | undefined;
}) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState('');
  const [search, setSearch] = useSettled(asked, setAsked);
  const { data, error: failure } = useQuery(peopleQuery(asked, withoutAgent));
  const people = data?.employees ?? [];
  // Who was chosen stays chosen, also while somebody else is looked for.
  const shown = value && !people.some(({ id }) => id === value.id) ? [value, ...people] : people;
  const nobody = withoutAgent && data?.total === 0 && asked === '';
  return (
    <div className="grid gap-3">
      {data && (data.total > 12 || asked !== '') && (
        <SearchField label={t('agentFactory.findPerson')} value={search} onValue={setSearch} />
      )}
      <SelectField
        label={t('agentFactory.person')}
        hint={nobody ? t('agentFactory.everybodyHasOne') : undefined}
        error={error}
        value={value?.id ?? ''}
        onChange={(event) => onValue(shown.find(({ id }) => id === event.target.value) ?? null)}
      >
        <option value="">{t('agentFactory.choose')}</option>
        {shown.map(({ id, name, position, department }) => (
          <option key={id} value={id}>
            {[name, position ?? department].join(', ')}
          </option>
        ))}
      </SelectField>
      <ProblemNotice error={failure} />
    </div>
  );
}
