import { sampleDepartments } from './departments.ts';
import { samplePeople } from './people.ts';
import { samplePositions } from './positions.ts';
import { globalSoul } from './soul/global.ts';
import { positionSouls } from './soul/positions.ts';
import { sampleTiers } from './tiers.ts';

interface SampleLayer {
  scope: 'global' | 'position';
  /** '' for the global layer, otherwise the position's id. */
  ownerId: string;
  content: string;
}

const layers: readonly SampleLayer[] = [
  { scope: 'global', ownerId: '', content: globalSoul },
  ...Object.entries(positionSouls).map(([ownerId, content]): SampleLayer => ({ scope: 'position', ownerId, content })),
];

/** The organization that `--demo` seeds: plain rows, each list in an order in which it can be inserted. */
export const sampleOrganization = {
  id: 'acme',
  name: 'ACME Corp',
  timezone: 'America/New_York',
  departments: sampleDepartments,
  tiers: sampleTiers,
  positions: samplePositions,
  people: samplePeople,
  layers,
} as const;
