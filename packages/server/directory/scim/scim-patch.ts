import { PATCH_OPERATION_SCHEMA, ScimError, type ScimPatchOperation, scimPatch } from 'scim-patch';
import { z } from 'zod';
import { type ScimErrorType, ScimFailure } from './scim-failure.ts';
import { enterpriseSchema, keptAttributes, subAttributeOf, userSchema } from './scim-user.ts';

export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group';

const request = z.object({
  schemas: z.array(z.string()).optional(),
  Operations: z
    .array(z.object({ op: z.string(), path: z.string().max(400).nullish(), value: z.unknown().optional() }))
    .min(1)
    .max(1_000),
});

/** Of a group. */
export const mostMembers = 20_000;

interface Operation {
  op: 'add' | 'replace' | 'remove';
  /** As we write attributes, without the core schema before it. */
  path: string;
  value?: unknown;
}

/**
 * A resource after a PATCH (RFC 7644, 3.5.2), as clients really send it: operations in any case, values without a path, with several
 * attributes and with dotted ones (Entra, Okta), texts for booleans, and members to remove given as a value. Attributes that are not kept are
 * passed over, and taking away what is not there does nothing.
 *
 * @param kind whose attributes they are
 * @throws ScimFailure 400
 */
export function patchResource<T extends object>(resource: T, body: unknown, kind: 'user' | 'group'): T {
  const parsed = request.safeParse(body);
  if (!parsed.success) {
    throw new ScimFailure(
      400,
      `A PATCH has “schemas”: ["${PATCH_OPERATION_SCHEMA}"] and “Operations”.`,
      'invalidSyntax',
    );
  }
  const { members, ...rest } = resource as T & { members?: readonly { value: string }[] };
  // Apart from the rest: the library looks at every member for every member.
  const ids = new Set(members?.map(({ value }) => value));
  let patched: object = structuredClone(rest);
  for (const operation of parsed.data.Operations.flatMap((one) => simple(one, kind))) {
    if (operation.path.startsWith('members')) applyToMembers(ids, operation);
    else patched = applyOne(patched, operation);
  }
  return (members === undefined ? patched : { ...patched, members: [...ids].map((value) => ({ value })) }) as T;
}

/** Changes `ids`. One to remove may be named by a filter too, as Entra does: `members[value eq "…"]`. */
function applyToMembers(ids: Set<string>, { op, path, value }: Operation): void {
  const filtered = /^members\[\s*value\s+eq\s+"([^"]*)"\s*\]$/iu.exec(path)?.[1];
  if (path !== 'members' && (filtered === undefined || op !== 'remove')) {
    throw new ScimFailure(400, `“${path}”: members come and go by their ids.`, 'invalidPath');
  }
  const named = filtered === undefined ? (value as { value: string }[] | undefined) : [{ value: filtered }];
  if (op === 'replace' || named === undefined) ids.clear();
  for (const { value: id } of named ?? []) {
    if (op === 'remove') ids.delete(id);
    else ids.add(id);
  }
  if (ids.size > mostMembers) throw new ScimFailure(400, `A group has at most ${mostMembers} members.`, 'tooMany');
}

function applyOne<T extends object>(resource: T, operation: Operation): T {
  try {
    const patched = scimPatch(resource as never, [operation as ScimPatchOperation], {
      mutateDocument: false,
      treatMissingAsAdd: true,
    });
    return patched as T;
  } catch (error) {
    if (!(error instanceof ScimError)) throw error;
    if (operation.op === 'remove') return resource;
    const type = error.scimCode as ScimErrorType | undefined;
    throw new ScimFailure(400, error.message || `“${operation.path}” names nothing.`, type ?? 'invalidPath', {
      cause: error,
    });
  }
}

/** One operation per attribute, each with a path. */
function simple(
  { op, path, value }: { op: string; path?: string | null | undefined; value?: unknown },
  kind: 'user' | 'group',
): Operation[] {
  const named = op.toLowerCase();
  if (named !== 'add' && named !== 'replace' && named !== 'remove') {
    throw new ScimFailure(400, `There is no operation “${op}”.`, 'invalidSyntax');
  }
  const whole = path === null || path === undefined || path === '' || path === userSchema || path === groupSchema;
  if (whole || path?.toLowerCase() === enterpriseSchema.toLowerCase()) {
    if (whole && named === 'remove') throw new ScimFailure(400, 'What is to be removed needs a path.', 'noTarget');
    const before = whole ? '' : `${enterpriseSchema}:`;
    if (named === 'remove')
      return operationsOf(
        'remove',
        enterpriseParts.map((part) => [`${before}${part}`, undefined]),
        kind,
      );
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ScimFailure(400, 'A value without a path is an object of attributes.', 'invalidValue');
    }
    const parts = Object.entries(value).flatMap(([key, part]) =>
      whole && key.toLowerCase() === enterpriseSchema.toLowerCase() && typeof part === 'object' && part !== null
        ? Object.entries(part).map(([name, one]) => [`${enterpriseSchema}:${name}`, one] as const)
        : [[`${before}${key}`, part] as const],
    );
    return operationsOf(named, parts, kind);
  }
  return operationsOf(named, [[path ?? '', value]], kind);
}

const enterpriseParts = ['employeeNumber', 'department', 'organization', 'division', 'costCenter', 'manager'];
const groupAttributes = new Map(['displayName', 'externalId', 'members'].map((name) => [name.toLowerCase(), name]));

function operationsOf(
  op: Operation['op'],
  parts: readonly (readonly [path: string, value: unknown])[],
  kind: 'user' | 'group',
): Operation[] {
  return parts.flatMap(([path, value]) => {
    const clean = pathOf(path, kind);
    if (clean === null) return [];
    const said = operandOf(clean, value, op);
    return [{ op, path: clean, ...(op === 'remove' && said === undefined ? {} : { value: said }) }];
  });
}

/** Null: of an attribute that is not kept. */
function pathOf(path: string, kind: 'user' | 'group'): string | null {
  // Names that lead out of the resource: the library would follow them.
  if (unsafe.test(path)) throw new ScimFailure(400, `“${path}” is no attribute.`, 'invalidPath');
  const core = kind === 'user' ? userSchema : groupSchema;
  const short = startsWith(path, `${core}:`) ? path.slice(core.length + 1) : path;
  if (kind === 'user' && startsWith(short, `${enterpriseSchema}:`)) {
    const [first = '', ...rest] = short.slice(enterpriseSchema.length + 1).split('.');
    const attribute = subAttributeOf(first);
    if (!enterpriseParts.includes(attribute)) return null;
    return `${enterpriseSchema}:${[attribute, ...rest.map(subAttributeOf)].join('.')}`;
  }
  const [, name = '', rest = ''] = /^([^.[]*)(.*)$/su.exec(short) ?? [];
  const known = (kind === 'user' ? keptAttributes : groupAttributes).get(name.toLowerCase());
  if (known === undefined) return null;
  return known + rest.replace(/\.([\w$]+)$/u, (_, part: string) => `.${subAttributeOf(part)}`);
}

const unsafe = /__proto__|constructor|prototype/u;
const startsWith = (text: string, start: string) => text.toLowerCase().startsWith(start.toLowerCase());

function operandOf(path: string, value: unknown, op: Operation['op']): unknown {
  if (path === 'active' && typeof value === 'string') return value.toLowerCase() === 'true';
  if (path === `${enterpriseSchema}:manager`) {
    const one = Array.isArray(value) ? value[0] : value;
    return typeof one === 'string' ? { value: one } : safe(one);
  }
  if (path === 'members') {
    if (op === 'remove' && (value === undefined || value === null)) return undefined;
    // Only who they are: what else clients tell of a member differs from call to call.
    return (Array.isArray(value) ? value : [value]).map((one) => ({ value: memberIdOf(one) }));
  }
  return safe(value);
}

function memberIdOf(member: unknown): string {
  const id = typeof member === 'object' && member !== null ? (member as { value?: unknown }).value : member;
  if (typeof id === 'string' && id !== '') return id;
  throw new ScimFailure(400, 'members: each has the id of a user as “value”.', 'invalidValue');
}

function safe(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(safe);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !unsafe.test(key))
      .map(([key, part]) => [subAttributeOf(key), safe(part)]),
  );
}
