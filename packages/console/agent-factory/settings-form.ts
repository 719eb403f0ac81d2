import type { AgentSettings } from '@clawpool/contracts';
import { type NumberLimits, numberOf } from '../design/number-limits.ts';

/** As it is typed; an empty field leaves it to whatever is wider. */
export type SettingsForm = Readonly<Record<keyof AgentSettings, string>>;

export const contextLimits: NumberLimits = { min: 8_000, max: 2_000_000, whole: true };
export const outputLimits: NumberLimits = { min: 256, max: 128_000, whole: true };
export const maxLanguageLength = 60;

export const emptySettings: AgentSettings = {
  model: null,
  contextWindow: null,
  maxOutputTokens: null,
  compaction: null,
  responseLanguage: null,
};

export function formOf(settings: AgentSettings): SettingsForm {
  return {
    model: settings.model ?? '',
    contextWindow: settings.contextWindow?.toString() ?? '',
    maxOutputTokens: settings.maxOutputTokens?.toString() ?? '',
    compaction: settings.compaction ?? '',
    responseLanguage: settings.responseLanguage ?? '',
  };
}

/** What would be saved; null while something that was typed does not fit. */
export function settingsOf(form: SettingsForm): AgentSettings | null {
  const contextWindow = optional(form.contextWindow, contextLimits);
  const maxOutputTokens = optional(form.maxOutputTokens, outputLimits);
  if (contextWindow === undefined || maxOutputTokens === undefined || !isLanguage(form.responseLanguage)) return null;
  return {
    model: form.model || null,
    contextWindow,
    maxOutputTokens,
    compaction: form.compaction === 'default' || form.compaction === 'safeguard' ? form.compaction : null,
    responseLanguage: form.responseLanguage.trim() || null,
  };
}

export const isLanguage = (text: string): boolean =>
  text.trim().length !== 1 && text.trim().length <= maxLanguageLength;

export const saysNothing = (settings: AgentSettings): boolean =>
  Object.values(settings).every((value) => value === null);

/** Undefined: it does not fit. */
function optional(text: string, limits: NumberLimits): number | null | undefined {
  return text.trim() === '' ? null : (numberOf(text, limits) ?? undefined);
}
