/** Plain values are shown as a list; what has structure of its own is shown as indented JSON, null when there is none. */
export function detailFields(detail: Readonly<Record<string, unknown>>): {
  fields: [name: string, value: string][];
  nested: string | null;
} {
  const entries = Object.entries(detail).filter(([, value]) => value !== undefined);
  const plain = entries.filter(([, value]) => isPlain(value));
  const structured = entries.filter(([, value]) => !isPlain(value));
  return {
    fields: plain.map(([name, value]) => [name, textOf(value)]),
    nested: structured.length === 0 ? null : JSON.stringify(Object.fromEntries(structured), null, 2),
  };
}

const isScalar = (value: unknown): boolean => value === null || typeof value !== 'object';

/** Scalars, and lists of them. */
const isPlain = (value: unknown): boolean => isScalar(value) || (Array.isArray(value) && value.every(isScalar));

const textOf = (value: unknown): string => (Array.isArray(value) ? value.map(String).join(', ') : String(value));
