import type { ClaimNames, GroupRole, Role, SignInError } from '@clawpool/contracts';

type Claims = Readonly<Record<string, unknown>>;

/** Somebody as an identity provider knows them. */
export interface ClaimedPerson {
  /** Who says it, as its tokens name it. */
  issuer: string;
  /** The provider's own, lasting name of the person; e-mails change and are given to others. */
  subject: string;
  /** Lower case; null: the provider does not tell. */
  email: string | null;
  emailVerified: boolean;
  name: string;
  groups: string[];
}

export interface ClaimRules {
  claims: ClaimNames;
  trustEmail: boolean;
  emailDomains: readonly string[];
}

/** Reads claims (OpenID Connect Core 1.0 §5.1) by the names a provider is set up with. */
export function readClaims(claims: Claims & { iss: string; sub: string }, rules: ClaimRules): ClaimedPerson {
  const email = textOf(claims[rules.claims.email])?.toLowerCase() ?? null;
  const usable = email !== null && email.length <= 254 && /^[^\s@]+@[^\s@]+\.[^\s@]+$/u.test(email) ? email : null;
  const groups = rules.claims.groups === null ? [] : claims[rules.claims.groups];
  return {
    issuer: claims.iss,
    subject: claims.sub,
    email: usable,
    emailVerified: rules.trustEmail || isVerified(claims, rules.claims.email),
    name: (textOf(claims[rules.claims.name]) ?? usable?.split('@', 1)[0] ?? '').slice(0, 80),
    groups: (Array.isArray(groups) ? groups : [groups]).flatMap((group) => textOf(group) ?? []),
  };
}

/** Why an e-mail is not enough to say who somebody is; null: it is. */
export function emailRefusal({ email, emailVerified }: ClaimedPerson, rules: ClaimRules): SignInError | null {
  if (email === null) return 'email_missing';
  if (!emailVerified) return 'email_not_verified';
  return domainRefusal(email, rules);
}

/** Holds for people who are known too: whoever has moved to another company’s address is not let in any more. */
export function domainRefusal(email: string | null, { emailDomains }: ClaimRules): SignInError | null {
  if (email === null || emailDomains.length === 0) return null;
  return emailDomains.includes(email.slice(email.lastIndexOf('@') + 1)) ? null : 'email_domain';
}

/** `employee`, and what their groups give. */
export function rolesOfGroups(groups: readonly string[], groupRoles: readonly GroupRole[]): Role[] {
  const given = groupRoles.filter(({ group }) => groups.includes(group)).map(({ role }) => role);
  return [...new Set<Role>(['employee', ...given])];
}

/** `email_verified` speaks of `email` and of no other claim. Some providers send it as a text. */
const isVerified = (claims: Claims, emailClaim: string): boolean =>
  emailClaim === 'email' && (claims.email_verified === true || claims.email_verified === 'true');

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  return value.trim() || undefined;
}
