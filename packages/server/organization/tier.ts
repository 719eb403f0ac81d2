import { type TierInput, tierInput } from '@clawpool/contracts';

export type TierField = keyof TierInput;
export const tierFields = Object.keys(tierInput.shape) as TierField[];

/** What bounds an agent: to have more of it is decided by who decides what holds for everybody. */
export type Bounds = Pick<
  TierInput,
  'driver' | 'cpus' | 'memoryMegabytes' | 'diskMegabytes' | 'pids' | 'toolsCeiling' | 'egressHosts'
>;

const measured = ['cpus', 'memoryMegabytes', 'diskMegabytes', 'pids'] as const;
const listed = ['toolsCeiling', 'egressHosts'] as const;

/** In what `after` bounds its agents less than `before`. */
export function widenedFields(before: Bounds, after: Bounds): TierField[] {
  return [
    ...(before.driver === after.driver ? [] : ['driver' as const]),
    ...measured.filter((field) => after[field] > before[field]),
    ...listed.filter((field) => after[field].some((one) => !(before[field] as readonly string[]).includes(one))),
  ];
}

/** What is another, with both values, for the trail. */
export function tierChanges(
  before: TierInput,
  after: TierInput,
): Partial<Record<TierField, { from: unknown; to: unknown }>> {
  return Object.fromEntries(
    tierFields
      .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
      .map((field) => [field, { from: before[field], to: after[field] }]),
  );
}
