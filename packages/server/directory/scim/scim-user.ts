import { type ScimUserDocument, scimUserDocument } from '@clawpool/contracts';
import { z } from 'zod';
import { ScimFailure } from './scim-failure.ts';

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** A person as a SCIM client knows them: what it sent, and what is so here. */
export interface ScimPerson {
  id: string;
  name: string;
  active: boolean;
  document: ScimUserDocument;
  groups: readonly { id: string; name: string }[];
  createdAt: Date;
  updatedAt: Date;
}

/** As RFC 7643, 4.1 and 4.3 describe it. `base`: where the service is, without a slash at its end. */
export function userResource(person: ScimPerson, base: string) {
  const { id, name, active, groups, createdAt, updatedAt } = person;
  const { enterprise, ...document } = person.document;
  return {
    schemas: enterprise ? [userSchema, enterpriseSchema] : [userSchema],
    id,
    ...document,
    displayName: document.displayName ?? name,
    active,
    groups: groups.map((group) => ({ value: group.id, display: group.name, $ref: `${base}/Groups/${group.id}` })),
    ...(enterprise ? { [enterpriseSchema]: enterprise } : {}),
    meta: {
      resourceType: 'User',
      created: createdAt.toISOString(),
      lastModified: updatedAt.toISOString(),
      location: `${base}/Users/${id}`,
    },
  };
}

/**
 * What is kept of a resource that a client sends. Lenient where clients are known to be loose: names of attributes in any case (RFC 7643,
 * 2.1), `active` as text (Entra), a manager as a plain id or in a list, numbers for texts. Other attributes are passed over.
 *
 * @throws ScimFailure 400 `invalidValue`
 */
export function readScimUser(resource: unknown): ScimUserDocument {
  const result = loose.safeParse(canonical(resource));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new ScimFailure(400, `${issue?.path.join('.') || 'The user'}: ${issue?.message}`, 'invalidValue');
  }
  const { [enterpriseSchema]: enterprise, ...rest } = result.data;
  return scimUserDocument.parse(withoutNothing({ ...rest, enterprise }));
}

/** What we are told of a person in our own words. Error: ScimFailure 400 `invalidValue` where there is no e-mail. */
export function factsOf(document: ScimUserDocument): {
  name: string;
  email: string;
  number: string | undefined;
  title: string | null;
  department: string | null;
} {
  const { userName, displayName, name, emails = [], title, enterprise } = document;
  const email = (emails.find(({ primary }) => primary) ?? emails[0])?.value ?? userName;
  if (!z.email().max(254).safeParse(email).success) {
    throw new ScimFailure(400, 'emails: a person needs an e-mail; userName would do if it were one.', 'invalidValue');
  }
  const parts = [name?.givenName, name?.familyName].filter(Boolean).join(' ');
  const shown = displayName || name?.formatted || parts || userName;
  return {
    name: shown.trim().slice(0, 80),
    email: email.trim().toLowerCase(),
    number: enterprise?.employeeNumber?.trim().slice(0, 40) || undefined,
    title: title?.trim() || null,
    department: enterprise?.department?.trim() || null,
  };
}

/** Attributes that are kept, as they are written; by lower case. */
export const keptAttributes: ReadonlyMap<string, string> = new Map(
  [
    ...[
      'userName',
      'externalId',
      'name',
      'displayName',
      'nickName',
      'title',
      'userType',
      'preferredLanguage',
      'locale',
    ],
    ...['timezone', 'active', 'emails', enterpriseSchema],
  ].map((name) => [name.toLowerCase(), name]),
);

const subAttributes = new Map(
  [
    ...[
      'formatted',
      'givenName',
      'familyName',
      'middleName',
      'value',
      'type',
      'primary',
      'employeeNumber',
      'department',
    ],
    ...['organization', 'division', 'costCenter', 'manager', 'displayName'],
  ].map((name) => [name.toLowerCase(), name]),
);

/** Of a part of an attribute, as it is written; itself when it is not one we keep. */
export const subAttributeOf = (name: string) => subAttributes.get(name.toLowerCase()) ?? name;

function canonical(resource: unknown): unknown {
  if (!isRecord(resource)) return resource;
  return Object.fromEntries(
    Object.entries(resource).flatMap(([key, value]) => {
      const name = keptAttributes.get(key.toLowerCase());
      return name === undefined ? [] : [[name, canonicalParts(value)]];
    }),
  );
}

function canonicalParts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonicalParts);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [subAttributeOf(key), canonicalParts(part)]));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Null and the empty text unassign an attribute (RFC 7643, 2.5). */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (!isRecord(value)) return value;
  const parts = Object.entries(value).map(([key, part]) => [key, withoutNothing(part)] as const);
  const said = parts.filter(([, part]) => part !== undefined && part !== null && part !== '');
  return Object.fromEntries(said);
}

const shortText = z.union([z.string().max(400), z.number().transform(String)]).nullish();
const flag = z.union([
  z.boolean(),
  z
    .string()
    .toLowerCase()
    .pipe(z.enum(['true', 'false']))
    .transform((value) => value === 'true'),
]);
const email = z.object({ value: z.string().max(254), type: shortText, primary: flag.nullish() });
const manager = z.preprocess((value) => {
  const one = Array.isArray(value) ? value[0] : value;
  return typeof one === 'string' ? { value: one } : one;
}, z.object({ value: shortText, displayName: shortText }).nullish());

const loose = z.object({
  userName: z.string().trim().min(1, 'is needed').max(254),
  externalId: shortText,
  name: z
    .object({ formatted: shortText, givenName: shortText, familyName: shortText, middleName: shortText })
    .nullish(),
  displayName: shortText,
  nickName: shortText,
  title: shortText,
  userType: shortText,
  preferredLanguage: shortText,
  locale: shortText,
  timezone: shortText,
  active: flag.nullish().transform((value) => value ?? true),
  emails: z
    .preprocess((value) => (isRecord(value) ? [value] : value), z.array(email).max(20).nullish())
    .transform((all) => all?.filter(({ value }) => value.trim() !== '')),
  [enterpriseSchema]: z
    .object({
      employeeNumber: shortText,
      department: shortText,
      organization: shortText,
      division: shortText,
      costCenter: shortText,
      manager,
    })
    .nullish(),
});
