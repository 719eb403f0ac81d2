import { type Tags, tags as tagsSchema } from '@clawpool/contracts';

/** Of one tenant. */
export const mostTags = 20;

/** The tags with one more, written as `key:value` or as a key alone; a key that is there gets the new value. Null: it cannot be one. */
export function withTag(tags: Tags, text: string): Tags | null {
  const [, key = '', value = ''] = /^([^:]*):?(.*)$/su.exec(text.trim()) ?? [];
  const parsed = tagsSchema.safeParse({ ...tags, [key.trim()]: value.trim() });
  return parsed.success ? parsed.data : null;
}
