import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { poolQuery } from '../api/pool-queries.ts';
import { SelectField } from '../design/form-fields.tsx';
import { imagesOf } from './pool-figures.ts';

/** The images of the pool's hosts. `empty` is what no choice means. */
export function ImageSelect({
  label,
  empty,
  hint,
  value,
  onValue,
}: {
  label: string;
  empty: string;
  hint?: string | undefined;
  value: string;
  onValue: (image: string) => void;
}) {
  const { t } = useTranslation();
  const { data } = useQuery(poolQuery);
  const images = imagesOf(data?.hosts ?? []);
  return (
    <SelectField label={label} hint={hint} value={value} onChange={(event) => onValue(event.target.value)}>
      <option value="">{empty}</option>
      {images.map(({ id, installed }) => (
        <option key={id} value={id}>
          {installed ? id : t('pool.notInstalled', { image: id })}
        </option>
      ))}
      {value !== '' && !images.some(({ id }) => id === value) && <option value={value}>{value}</option>}
    </SelectField>
  );
}
