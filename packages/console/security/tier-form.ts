import { type Tier, type TierInput, type ToolName, tierInput, toolNames } from '@clawpool/contracts';
import { type NumberLimits, numberOf } from '../design/number-limits.ts';

/** The contracts' bounds. */
const limits = {
  cpus: { min: 0.1, max: 64, whole: false },
  memoryMegabytes: { min: 512, max: 262_144, whole: true },
  diskMegabytes: { min: 128, max: 1_048_576, whole: true },
  pids: { min: 32, max: 4096, whole: true },
  idleMinutes: { min: 1, max: 43_200, whole: true },
  heartbeatMinutes: { min: 0, max: 10_080, whole: true },
} as const satisfies Partial<Record<keyof TierInput, NumberLimits>>;

export type NumberName = keyof typeof limits;
/** What bounds an agent: more of it takes the permission. */
const boundNames = ['cpus', 'memoryMegabytes', 'diskMegabytes', 'pids'] as const satisfies NumberName[];
/** What holds from an agent's next start. */
export const startNames = ['driver', 'image', ...boundNames] as const;

/** What is typed: numbers as text, hosts one a line. */
export interface TierForm {
  name: string;
  description: string;
  driver: string;
  image: string;
  model: string;
  numbers: Record<NumberName, string>;
  alwaysOn: boolean;
  fastPath: boolean;
  toolsCeiling: readonly ToolName[];
  hosts: string;
}

export const formOf = (of: TierInput): TierForm => ({
  ...{ name: of.name, description: of.description, alwaysOn: of.alwaysOn, fastPath: of.fastPath },
  ...{ driver: of.driver ?? '', image: of.image ?? '', model: of.model ?? '' },
  numbers: Object.fromEntries(numberNames.map((name) => [name, String(of[name])])) as Record<NumberName, string>,
  toolsCeiling: of.toolsCeiling,
  hosts: of.egressHosts.join('\n'),
});

const numberNames = Object.keys(limits) as NumberName[];

/** @param ceiling of whoever may not give more than a tier has: that tier */
export function limitsOf(name: NumberName, ceiling: TierInput | null): NumberLimits {
  const isBound = (boundNames as readonly string[]).includes(name);
  return isBound && ceiling ? { ...limits[name], max: ceiling[name] } : limits[name];
}

const hostsOf = (text: string) => [
  ...new Set(
    text
      .toLowerCase()
      .split(/[\s,]+/u)
      .filter((host) => host !== ''),
  ),
];

export type TierProblem =
  | { field: 'name'; kind: 'missing' }
  | { field: NumberName; kind: 'number' }
  | { field: 'hosts'; kind: 'shape' | 'added'; host: string };

/** What has to be mended before it can be sent. */
export function problemsOf(form: TierForm, ceiling: TierInput | null): TierProblem[] {
  const problems: TierProblem[] = form.name.trim() === '' ? [{ field: 'name', kind: 'missing' }] : [];
  for (const field of numberNames) {
    // What is not shown asks nothing of anybody.
    if (field === 'idleMinutes' && form.alwaysOn) continue;
    if (numberOf(form.numbers[field], limitsOf(field, ceiling)) === null) problems.push({ field, kind: 'number' });
  }
  const hosts = hostsOf(form.hosts);
  const wrong = hosts.find((host) => !tierInput.shape.egressHosts.element.safeParse(host).success);
  const added = ceiling && hosts.find((host) => !ceiling.egressHosts.includes(host));
  if (wrong !== undefined) problems.push({ field: 'hosts', kind: 'shape', host: wrong });
  else if (added) problems.push({ field: 'hosts', kind: 'added', host: added });
  return problems;
}

/** @param before what a number stays that is not shown */
export function inputOf(form: TierForm, before: TierInput): TierInput {
  const { alwaysOn, fastPath } = form;
  return {
    ...{ name: form.name.trim(), description: form.description.trim(), alwaysOn, fastPath },
    ...{ driver: form.driver || null, image: form.image || null, model: form.model || null },
    ...(Object.fromEntries(
      numberNames.map((name) => [name, numberOf(form.numbers[name], limits[name]) ?? before[name]]),
    ) as Record<NumberName, number>),
    toolsCeiling: toolNames.filter((tool) => form.toolsCeiling.includes(tool)),
    egressHosts: hostsOf(form.hosts),
  };
}

const fieldNames = Object.keys(tierInput.shape) as (keyof TierInput)[];

/** The fields in which two differ. */
export const differing = (one: TierInput, other: TierInput): (keyof TierInput)[] =>
  fieldNames.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]));

/** What is sent: what is another now. */
export const changedOf = (base: TierInput, now: TierInput): Partial<TierInput> =>
  Object.fromEntries(differing(base, now).map((name) => [name, now[name]]));

/** Somebody else's change with one's own on top: what one has not touched is theirs. */
export function rebased(mine: TierInput, base: TierInput, theirs: Tier): TierForm {
  return formOf({ ...theirs, ...changedOf(base, mine) });
}
