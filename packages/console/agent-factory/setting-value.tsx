import type { AgentSettings } from '@clawpool/contracts';
import { useTranslation } from 'react-i18next';

/** In the order in which they are shown. */
export const settingNames = [
  'model',
  'contextWindow',
  'maxOutputTokens',
  'compaction',
  'responseLanguage',
] as const satisfies readonly (keyof AgentSettings)[];
export type SettingName = (typeof settingNames)[number];

/** A value in words; null: a response language that nobody has set. */
export function SettingValue({
  name,
  value,
  locale,
}: {
  name: SettingName;
  value: string | number | null;
  locale: string;
}) {
  const { t } = useTranslation();
  if (value === null) return t('agentFactory.settings.asAsked');
  if (typeof value === 'number')
    return t('agentFactory.settings.tokens', { count: value, shown: value.toLocaleString(locale) });
  if (name === 'compaction') return t(`agentFactory.settings.compaction.${value as 'default' | 'safeguard'}`);
  return <span className="break-all">{value}</span>;
}
