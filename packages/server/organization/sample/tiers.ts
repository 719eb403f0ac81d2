import { type ToolName, toolNames } from '@clawpool/contracts';

export interface SampleTier {
  id: string;
  name: string;
  /** Null, here and in the next two: whatever the installation uses. */
  driver: string | null;
  image: string | null;
  model: string | null;
  memoryMegabytes: number;
  /** Thousandths of a core. */
  cpuMillis: number;
  pids: number;
  diskMegabytes: number;
  toolsCeiling: readonly ToolName[];
  /** Minutes without a turn after which the runtime hibernates. */
  idleMinutes: number;
  alwaysOn: boolean;
}

const fromInstallation = { driver: null, image: null, model: null, alwaysOn: false } as const;

export const sampleTiers: readonly SampleTier[] = [
  {
    id: 'standard',
    name: 'Standard',
    ...fromInstallation,
    memoryMegabytes: 1024,
    cpuMillis: 1000,
    pids: 128,
    diskMegabytes: 1024,
    toolsCeiling: ['web_search', 'browser', 'file', 'file_write'],
    idleMinutes: 15,
  },
  {
    // For positions that handle personal, financial or legal data: they read and search, nothing else.
    id: 'restricted',
    name: 'Restricted',
    ...fromInstallation,
    memoryMegabytes: 1024,
    cpuMillis: 1000,
    pids: 128,
    diskMegabytes: 1024,
    toolsCeiling: ['web_search', 'file'],
    idleMinutes: 15,
  },
  {
    id: 'engineering',
    name: 'Engineering',
    ...fromInstallation,
    memoryMegabytes: 1536,
    cpuMillis: 2000,
    pids: 256,
    // Room for checkouts and their dependencies.
    diskMegabytes: 8192,
    toolsCeiling: toolNames,
    idleMinutes: 30,
  },
  {
    id: 'executive',
    name: 'Executive',
    ...fromInstallation,
    memoryMegabytes: 2048,
    cpuMillis: 2000,
    pids: 256,
    diskMegabytes: 4096,
    toolsCeiling: toolNames,
    idleMinutes: 60,
  },
];
