import {
  ClawpoolError,
  type DirectorySource,
  type NewAuditEvent,
  type Permission,
  type Role,
} from '@clawpool/contracts';

/** Who does something: a person, or what of Clawpool itself (a directory, an identity provider). */
export type AuditActor = NewAuditEvent['actor'];

export interface NewPerson {
  /** Absent: made out of the name. */
  id?: string | undefined;
  /** Absent: the next free `EMP-…`. */
  number?: string | undefined;
  name: string;
  /** Any case; kept in lower case. */
  email: string;
  departmentId: string;
  /** Null: not decided yet; they have no agent until they have one. */
  positionId: string | null;
  /** `operator` is never given here. */
  roles: readonly Role[];
  permissions?: readonly Permission[] | undefined;
  contactFor?: readonly string[] | undefined;
  source?: DirectorySource | undefined;
  /** The directory's own name of them. */
  externalId?: string | null | undefined;
  /** Null: no password leads to them. */
  passwordHash: string | null;
}

/** What can be said anew about somebody; absent or undefined: it stays. */
export type PersonChange = {
  [K in keyof Omit<NewPerson, 'id' | 'passwordHash'>]?: NewPerson[K] | undefined;
} & { active?: boolean | undefined };

/** What a directory says about its people. Position, roles, topics and whether they are let in are the organization's own. */
const directoryFields = ['name', 'email', 'number', 'departmentId'] as const;

/** Where somebody comes from, in a sentence. */
export const sourceNames: Readonly<Record<DirectorySource, string>> = {
  local: 'the console',
  scim: 'the identity provider (SCIM)',
  feishu: 'Feishu',
  dingtalk: 'DingTalk',
};

/** Error `conflict` when something is changed that a directory says, by anybody but that directory. */
export function refuseForeignChange(
  person: { name: string; source: DirectorySource },
  by: DirectorySource,
  changed: readonly string[],
): void {
  if (person.source === 'local' || person.source === by) return;
  const foreign = changed.filter((field) => (directoryFields as readonly string[]).includes(field));
  if (foreign.length === 0) return;
  throw new ClawpoolError(
    'conflict',
    `${person.name} comes from ${sourceNames[person.source]}, which says their ${foreign.map(fieldName).join(', ')}.`,
    'Change it there; it is here after the next synchronisation.',
    { details: { source: person.source, fields: foreign } },
  );
}

const fieldName = (field: string) => ({ email: 'e-mail', departmentId: 'department' })[field] ?? field;

/** Error `invalid_request`: the e-mails of people who are gone are nobody's again. */
export function refuseReservedEmail(email: string): void {
  if (!email.toLowerCase().endsWith(removedDomain)) return;
  throw new ClawpoolError('invalid_request', `“${email}” is no e-mail that somebody reads.`, 'Choose another e-mail.');
}

/** Ends the e-mail of a user who was removed; `.invalid` leads nowhere (RFC 2606). */
export const removedDomain = '@removed.invalid';

/** `operator` belongs to the installation: no edit gives it, and none takes it away. Each role once. */
export function editedRoles(before: readonly Role[], wanted: readonly Role[]): Role[] {
  const rest = [...new Set(wanted)].filter((role) => role !== 'operator');
  return before.includes('operator') ? ['operator', ...rest] : rest;
}

/** `policy` is an admin's; who is none has no permissions. */
export const editedPermissions = (roles: readonly Role[], wanted: readonly Permission[]): Permission[] =>
  roles.includes('admin') ? [...new Set(wanted)] : [];

/**
 * An id out of a name, as the contracts allow it: ASCII letters, digits and hyphens, at most `length`. Names in other scripts leave
 * nothing, and then the next text counts; `fallback` when none leaves anything.
 */
export function idOf(texts: readonly string[], fallback: string, length = 40): string {
  for (const text of texts) {
    const folded = text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-');
    const cut = trimmed(trimmed(folded).slice(0, length));
    if (cut !== '') return cut;
  }
  return fallback;
}

/** The first of `wanted`, `wanted-2`, `wanted-3` … that is not taken, within `length` characters. */
export function freeName(wanted: string, taken: ReadonlySet<string>, length = 40): string {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `-${number}`;
    const name = trimmed(wanted.slice(0, length - suffix.length)) + suffix;
    if (!taken.has(name)) return name;
  }
}

const trimmed = (text: string) => text.replace(/^-+|-+$/g, '');
