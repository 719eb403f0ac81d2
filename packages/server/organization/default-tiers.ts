import { type SampleTier, sampleTiers } from './sample/tiers.ts';

/** What the pool's machine has. */
export interface Machine {
  cpus: number;
  memoryMegabytes: number;
  diskMegabytes: number;
}

/** The least that OpenClaw works with. */
const least = { memoryMegabytes: 768, diskMegabytes: 512 };

/** What an organization begins with: for positions that read and search, for most, and for those that build; each fits the machine at least twice. */
export function defaultTiers(machine: Machine): SampleTier[] {
  const fitting = (wanted: number, whole: number, minimum: number) =>
    Math.max(minimum, Math.min(wanted, Math.floor(whole / 2 / 256) * 256));
  return sampleTiers
    .filter(({ id }) => id !== 'executive')
    .map((tier) => ({
      ...tier,
      cpuMillis: Math.max(500, Math.min(tier.cpuMillis, Math.floor(machine.cpus) * 1000)),
      memoryMegabytes: fitting(tier.memoryMegabytes, machine.memoryMegabytes, least.memoryMegabytes),
      diskMegabytes: fitting(tier.diskMegabytes, machine.diskMegabytes, least.diskMegabytes),
    }));
}
