import { type Compare, type Filter, filter, parse } from 'scim2-parse-filter';
import { z } from 'zod';
import { ScimFailure } from './scim-failure.ts';
import { groupSchema } from './scim-patch.ts';
import { userSchema } from './scim-user.ts';

/** What a list is asked for (RFC 7644, 3.4.2). */
export interface ScimQuery {
  filter: Filter | null;
  /** From 1. */
  startIndex: number;
  count: number;
  shape: ScimShape;
}

/** Which attributes are wanted; both empty: all. */
export interface ScimShape {
  attributes: readonly string[];
  excluded: readonly string[];
}

export const maxResults = 200;

const names = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((value) => (Array.isArray(value) ? value.join(',') : (value ?? '')))
  .transform((value) =>
    value
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean)
      .map(plainName),
  );
const integer = z.coerce.number().int();
const query = z.object({
  filter: z.string().max(2_000).optional(),
  startIndex: integer.default(1),
  count: integer.default(100),
  attributes: names,
  excludedAttributes: names,
});

/** Errors: ScimFailure 400 `invalidFilter` or `invalidValue`. */
export function readScimQuery(given: unknown): ScimQuery {
  const result = query.safeParse(given ?? {});
  if (!result.success) throw new ScimFailure(400, 'startIndex and count are whole numbers.', 'invalidValue');
  const { filter: text, startIndex, count, attributes, excludedAttributes } = result.data;
  return {
    filter: text === undefined || text.trim() === '' ? null : readFilter(text),
    startIndex: Math.max(1, startIndex),
    count: Math.min(maxResults, Math.max(0, count)),
    shape: { attributes, excluded: excludedAttributes },
  };
}

function readFilter(text: string): Filter {
  try {
    // The library knows no schema before an attribute's name but an extension's.
    return folded(parse(text.replaceAll(`${userSchema}:`, '').replaceAll(`${groupSchema}:`, '')));
  } catch (error) {
    throw new ScimFailure(400, `The filter cannot be read: ${text.slice(0, 200)}`, 'invalidFilter', { cause: error });
  }
}

/** The value that an attribute has to be equal to, where that is all the filter says: what a database finds at once. */
export function equalTo(wanted: Filter | null, attribute: string): string | null {
  if (wanted?.op !== 'eq' || !('compValue' in wanted) || wanted.attrPath !== attribute) return null;
  return typeof wanted.compValue === 'string' ? wanted.compValue : null;
}

/** Texts are compared without regard to case: so are all attributes of people that clients filter by (RFC 7643, 8.7.1). */
export function matches(wanted: Filter, resource: object): boolean {
  return filter(wanted)(foldedValue(resource));
}

/** What the client wants to see of a resource. `id`, `schemas` and `meta` are always there. */
export function shaped(
  resource: Record<string, unknown>,
  { attributes, excluded }: ScimShape,
): Record<string, unknown> {
  const always = new Set(['id', 'schemas', 'meta']);
  const wanted = (name: string) =>
    always.has(name) ||
    (attributes.length > 0 ? attributes.includes(name.toLowerCase()) : !excluded.includes(name.toLowerCase()));
  return Object.fromEntries(Object.entries(resource).filter(([name]) => wanted(name)));
}

export const wants = ({ attributes, excluded }: ScimShape, name: string) =>
  attributes.length > 0 ? attributes.includes(name) : !excluded.includes(name);

export const listResponse = (
  resources: readonly object[],
  { total, startIndex }: { total: number; startIndex: number },
) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
  totalResults: total,
  startIndex,
  itemsPerPage: resources.length,
  Resources: resources,
});

/** Of an attribute with its schema before it, or a part behind it: the attribute itself, in lower case. */
function plainName(name: string): string {
  const lower = name.toLowerCase();
  for (const schema of [userSchema, groupSchema]) {
    if (lower.startsWith(`${schema.toLowerCase()}:`)) return lower.slice(schema.length + 1).split('.')[0] ?? lower;
  }
  if (lower.startsWith('urn:')) return lower.slice(0, lower.lastIndexOf(':user') + ':user'.length);
  return lower.split('.')[0] ?? lower;
}

function folded(wanted: Filter): Filter {
  switch (wanted.op) {
    case 'and':
    case 'or':
      return { ...wanted, filters: wanted.filters.map(folded) };
    case 'not':
      return { ...wanted, filter: folded(wanted.filter) };
    case '[]':
      return { ...wanted, attrPath: wanted.attrPath.toLowerCase(), valFilter: folded(wanted.valFilter) };
    case 'pr':
      return { ...wanted, attrPath: wanted.attrPath.toLowerCase() };
    default: {
      const attrPath = wanted.attrPath.toLowerCase();
      return { ...wanted, attrPath, compValue: foldedOperand(attrPath, wanted.compValue) };
    }
  }
}

/** A boolean may come as a text. */
function foldedOperand(attrPath: string, value: Compare['compValue']): Compare['compValue'] {
  if (typeof value !== 'string') return value;
  const lower = value.toLowerCase();
  const isFlag = attrPath === 'active' || /(^|\.)primary$/u.test(attrPath);
  return isFlag && (lower === 'true' || lower === 'false') ? lower === 'true' : lower;
}

function foldedValue(value: unknown): unknown {
  if (typeof value === 'string') return value.toLowerCase();
  if (Array.isArray(value)) return value.map(foldedValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, foldedValue(part)]));
}
