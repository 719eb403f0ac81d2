import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { InputField } from '../design/form-fields.tsx';
import { useSettled } from '../design/use-settled.ts';
import { tenantNamesQuery } from '../tenants/queries.ts';

export interface NamedTenant {
  id: string;
  name: string;
}

export interface NamingTenant {
  text: string;
  setText: (text: string) => void;
  /** The tenant of exactly this name; null while there is none. */
  tenant: NamedTenant | null;
  /** There is no tenant of this name, as far as the server knows. */
  unknown: boolean;
  suggestions: readonly NamedTenant[];
  /** Why the server could not be asked. */
  error: Error | null;
  /** The tenant of what is typed now, asked for if need be: whoever types and sends at once must not be ignored. */
  resolve: () => Promise<NamedTenant | null>;
}

/** A tenant that is named by typing. */
export function useNamingTenant(): NamingTenant {
  const queries = useQueryClient();
  const [asked, setAsked] = useState('');
  const [text, setText] = useSettled(asked, setAsked);
  const { data: suggestions = [], error, isPlaceholderData, isPending } = useQuery(tenantNamesQuery(asked));
  const wanted = text.trim();
  const named = (tenants: readonly NamedTenant[]) => tenants.find(({ name }) => name === wanted) ?? null;
  const tenant = named(suggestions);
  const resolve = async () => {
    if (tenant !== null || wanted === '') return tenant;
    setAsked(wanted);
    // A failure is told by the query of the field, which asks the same.
    return named(await queries.fetchQuery(tenantNamesQuery(wanted)).catch(() => []));
  };
  const settled = wanted === asked && !isPlaceholderData && !isPending;
  return {
    text,
    setText,
    tenant,
    unknown: wanted !== '' && tenant === null && settled && !error,
    suggestions,
    error,
    resolve,
  };
}

export function TenantField({
  label,
  hint,
  naming: { text, setText, unknown, suggestions },
}: {
  label: string;
  hint?: string;
  naming: NamingTenant;
}) {
  const { t } = useTranslation();
  const list = useId();
  return (
    <div>
      <InputField
        label={label}
        hint={hint}
        error={unknown ? t('routing.noSuchTenant') : undefined}
        list={list}
        value={text}
        maxLength={100}
        autoCapitalize="none"
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
      />
      <datalist id={list}>
        {suggestions.map(({ id, name }) => (
          <option key={id} value={name} />
        ))}
      </datalist>
    </div>
  );
}
