import { type ConfigTemplateContent, configTemplateContent } from '@clawpool/contracts';

/** The template that comes with Clawpool: everything is the tier's. */
export const defaultTemplate = 'default';
export const defaultContent: ConfigTemplateContent = configTemplateContent.parse({
  description: 'What the tier says, unchanged.',
});

/** A tenant's own settings, its template's newest content (null: it has none) and its tier's. */
export interface ValueSources {
  image: string | null;
  cpuMillis: number | null;
  memoryMegabytes: number | null;
  diskMegabytes: number | null;
  template: ConfigTemplateContent | null;
  tierImage: string | null;
  tierCpuMillis: number;
  tierMemoryMegabytes: number;
  tierDiskMegabytes: number;
  tierIdleMinutes: number;
}

export interface EffectiveValues {
  /** Null: the installation's default image. */
  image: string | null;
  cpuMillis: number;
  memoryMegabytes: number;
  diskMegabytes: number;
  /** Minutes without a turn after which it hibernates. */
  idleMinutes: number;
}

/** What is true for a tenant: its own value, else its template's, else its tier's. Its model is said by more: `effectiveSettings`. */
export function effectiveValues(of: ValueSources): EffectiveValues {
  const { template } = of;
  return {
    image: of.image ?? template?.image ?? of.tierImage,
    cpuMillis: of.cpuMillis ?? (template?.cpus === undefined ? of.tierCpuMillis : Math.round(template.cpus * 1000)),
    memoryMegabytes: of.memoryMegabytes ?? template?.memoryMegabytes ?? of.tierMemoryMegabytes,
    diskMegabytes: of.diskMegabytes ?? template?.diskMegabytes ?? of.tierDiskMegabytes,
    idleMinutes: template?.idleMinutes ?? of.tierIdleMinutes,
  };
}
