import { type ConfigTemplateContent, configTemplateContent, type Tier } from '@clawpool/contracts';
import { isNumber, type NumberLimits, numberOf } from '../design/number-limits.ts';

/** A template as it is being edited: numbers are still text, and an empty text leaves the choice to the tier. */
export interface TemplateForm {
  description: string;
  tier: string;
  image: string;
  cpus: string;
  memoryMegabytes: string;
  diskMegabytes: string;
  idleMinutes: string;
  model: string;
  contextWindow: string;
  maxOutputTokens: string;
  skills: string[];
  skillGroups: string[];
  instructions: string;
}

/** The contracts' own limits, for the texts beside the fields; a test keeps them equal. */
export const templateLimits = {
  cpus: { min: 0.1, max: 64, whole: false },
  memoryMegabytes: { min: 512, max: 262_144, whole: true },
  diskMegabytes: { min: 128, max: 1_048_576, whole: true },
  idleMinutes: { min: 1, max: 10_080, whole: true },
  contextWindow: { min: 4_096, max: 2_000_000, whole: true },
  maxOutputTokens: { min: 256, max: 1_000_000, whole: true },
} as const satisfies Record<string, NumberLimits>;
export type NumberKey = keyof typeof templateLimits;

const numberKeys = Object.keys(templateLimits) as NumberKey[];

export function formOf(content: ConfigTemplateContent): TemplateForm {
  const numbers = Object.fromEntries(numberKeys.map((key) => [key, content[key]?.toString() ?? '']));
  return {
    description: content.description,
    tier: content.tier ?? '',
    image: content.image ?? '',
    model: content.model ?? '',
    skills: content.skills,
    skillGroups: content.skillGroups,
    instructions: content.instructions,
    ...(numbers as Record<NumberKey, string>),
  };
}

export const emptyForm = formOf(configTemplateContent.parse({}));

/** What the form says; null while something in it cannot be sent. */
export function contentOf(form: TemplateForm): ConfigTemplateContent | null {
  if (numberKeys.some((key) => !isNumber(form[key], templateLimits[key], true))) return null;
  const numbers = Object.fromEntries(
    numberKeys.flatMap((key) => (form[key].trim() === '' ? [] : [[key, numberOf(form[key], templateLimits[key])]])),
  );
  const texts = Object.fromEntries(
    (['tier', 'image', 'model'] as const).flatMap((key) => (form[key].trim() === '' ? [] : [[key, form[key].trim()]])),
  );
  const parsed = configTemplateContent.safeParse({
    description: form.description.trim(),
    skills: form.skills,
    skillGroups: form.skillGroups,
    instructions: form.instructions,
    ...texts,
    ...numbers,
  });
  return parsed.success ? parsed.data : null;
}

/** The form with everything the tier decides written out, to be changed from there. What the tier leaves open stays open. */
export function filledFrom(tier: Tier, form: TemplateForm): TemplateForm {
  return {
    ...form,
    tier: tier.id,
    image: tier.image ?? '',
    model: tier.model ?? '',
    cpus: String(tier.cpus),
    memoryMegabytes: String(tier.memoryMegabytes),
    diskMegabytes: String(tier.diskMegabytes),
    idleMinutes: String(tier.idleMinutes),
  };
}

/** What the tenant gets where the field is empty; undefined: nobody has decided that here. */
export function fromTier(tier: Tier | undefined, key: NumberKey): number | undefined {
  if (tier === undefined || key === 'contextWindow' || key === 'maxOutputTokens') return undefined;
  return tier[key];
}

/** A tier by what a template calls it: its id or its name. */
export const findTier = (tiers: readonly Tier[], named: string): Tier | undefined =>
  tiers.find(({ id }) => id === named) ?? tiers.find(({ name }) => name === named);
