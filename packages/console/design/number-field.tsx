import { type ComponentProps, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../format/use-format.ts';
import { InputField } from './form-fields.tsx';
import { isNumber, type NumberLimits } from './number-limits.ts';

/**
 * A number as text, so that nothing is changed under the person's hands. Says what it wants once the person has left it, or when
 * `insist` is set because they tried to send the form.
 */
export function NumberField({
  value,
  onValue,
  limits,
  optional = false,
  insist = false,
  ...rest
}: Omit<ComponentProps<typeof InputField>, 'value' | 'onChange' | 'error' | 'type'> & {
  value: string;
  onValue: (value: string) => void;
  limits: NumberLimits;
  optional?: boolean;
  insist?: boolean;
}) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const [left, setLeft] = useState(false);
  const wrong = (left || insist) && !isNumber(value, limits, optional);
  const words = { min: limits.min.toLocaleString(locale), max: limits.max.toLocaleString(locale) };
  return (
    <InputField
      inputMode={limits.whole ? 'numeric' : 'decimal'}
      value={value}
      onChange={(event) => {
        setLeft(false);
        onValue(event.target.value);
      }}
      onBlur={() => setLeft(true)}
      error={wrong ? t(limits.whole ? 'form.wholeNumber' : 'form.number', words) : undefined}
      {...rest}
    />
  );
}
