import type {
  AgentSettings,
  ConfigTemplateContent,
  EffectiveSettings,
  ModelChoice,
  SettingOrigin,
} from '@clawpool/contracts';

/** Something that says some of an agent's settings. */
export interface SettingSource {
  from: SettingOrigin;
  /** For people: Ryan Park, Software Engineer, Engineering, … */
  name: string;
  settings: Partial<AgentSettings>;
}

export interface TierAndTemplate {
  tier: string;
  tierModel: string | null;
  /** The template's name and its newest content; null: it has none. */
  configTemplate: string | null;
  template: ConfigTemplateContent | null;
}

/** The settings' order: the narrowest first. */
const order: readonly SettingOrigin[] = ['employee', 'position', 'template', 'tier', 'organization'];

/** Everything that says some of an agent's settings, the narrowest first: what was overridden for it, its template, its tier. */
export function settingSources(
  overrides: readonly SettingSource[],
  { tier, tierModel, configTemplate, template }: TierAndTemplate,
): SettingSource[] {
  const { model = null, contextWindow = null, maxOutputTokens = null } = template ?? {};
  const sources: SettingSource[] = [
    ...overrides,
    { from: 'template', name: configTemplate ?? '', settings: { model, contextWindow, maxOutputTokens } },
    { from: 'tier', name: tier, settings: { model: tierModel } },
  ];
  return sources.sort((a, b) => order.indexOf(a.from) - order.indexOf(b.from));
}

/** The first that says it; null: nobody does. */
export function saidFirst<K extends keyof AgentSettings>(
  sources: readonly SettingSource[],
  key: K,
): { value: NonNullable<AgentSettings[K]>; from: SettingOrigin; fromName: string } | null {
  for (const { from, name, settings } of sources) {
    const value = settings[key];
    if (value !== null && value !== undefined) return { value, from, fromName: name };
  }
  return null;
}

/** What holds for an agent, and who said it; what nobody says is the installation's. */
export function effectiveSettings(sources: readonly SettingSource[], installation: ModelChoice): EffectiveSettings {
  const own = <T>(value: T) => ({ value, from: 'installation' as const, fromName: '' });
  return {
    model: saidFirst(sources, 'model') ?? own(installation.id),
    contextWindow: saidFirst(sources, 'contextWindow') ?? own(installation.contextWindow),
    maxOutputTokens: saidFirst(sources, 'maxOutputTokens') ?? own(installation.maxOutputTokens),
    compaction: saidFirst(sources, 'compaction') ?? own(installation.compaction ?? openclawCompaction),
    responseLanguage: saidFirst(sources, 'responseLanguage') ?? own(null),
  };
}

/** What both version lines of OpenClaw do when nothing is said (`applyCompactionDefaults`), whatever their manual calls the default. */
const openclawCompaction = 'safeguard';

/** What an agent asks the model gateway for. */
export function modelChoiceOf(settings: EffectiveSettings): ModelChoice {
  return {
    id: settings.model.value,
    contextWindow: settings.contextWindow.value,
    maxOutputTokens: settings.maxOutputTokens.value,
    compaction: settings.compaction.value,
  };
}

/** Only what says something. */
export function spoken(settings: AgentSettings): Partial<AgentSettings> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

/** With null for what is not said. */
export const complete = (settings: Partial<AgentSettings>): AgentSettings => ({
  model: null,
  contextWindow: null,
  maxOutputTokens: null,
  compaction: null,
  responseLanguage: null,
  ...settings,
});
