import type { Host, TierChoices } from '@clawpool/contracts';
import { describeHost } from './upkeep/hosted-runtimes.ts';

/** What tiers can name: the drivers and images of the hosts that answer, and the models. */
export async function tierChoicesOf(
  hosts: ReadonlyMap<string, Host>,
  { models, model }: { models: string[]; model: string },
): Promise<TierChoices> {
  const described = (await Promise.all([...hosts.values()].map(describeHost))).filter((host) => host !== null);
  const sorted = (names: string[]) => [...new Set(names)].sort();
  return {
    drivers: sorted(described.map(({ driver }) => driver)),
    images: sorted(described.flatMap(({ images }) => images.map(({ id }) => id))),
    models,
    defaults: { driver: described[0]?.driver ?? '', image: described[0]?.image ?? '', model },
  };
}
