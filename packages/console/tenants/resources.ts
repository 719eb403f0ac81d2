import type { NumberLimits } from '../design/number-limits.ts';

export type ResourceName = 'cpus' | 'memoryMegabytes' | 'diskMegabytes';

/** What of a machine a tenant may use, as the fields of a form. */
export const resourceFields = [
  { name: 'cpus', unit: 'vCPU' },
  { name: 'memoryMegabytes', unit: 'MiB' },
  { name: 'diskMegabytes', unit: 'MiB' },
] as const satisfies readonly { name: ResourceName; unit: string }[];

/** The contracts' own limits, for the texts beside the fields; a test keeps them equal. */
export const resourceLimits = {
  cpus: { min: 0.1, max: 64, whole: false },
  memoryMegabytes: { min: 512, max: 262_144, whole: true },
  diskMegabytes: { min: 128, max: 1_048_576, whole: true },
} as const satisfies Record<ResourceName, NumberLimits>;
