import { type GroupRole, grantableRole, type IdentityProvider, type IdentityProviderInput } from '@clawpool/contracts';

/** The form's fields as they are typed. */
export interface ProviderForm {
  name: string;
  issuer: string;
  clientId: string;
  clientSecret: string;
  scopes: string;
  trustEmail: boolean;
  autoCreate: boolean;
  departmentId: string;
  positionId: string;
  emailDomains: string;
  emailClaim: string;
  nameClaim: string;
  groupsClaim: string;
  groupRoles: string;
}

export type ProviderProblem = 'name' | 'issuer' | 'clientId' | 'clientSecret' | 'departmentId' | 'groupRoles';

export function formOf(provider: IdentityProvider | undefined): ProviderForm {
  return {
    name: provider?.name ?? '',
    issuer: provider?.issuer ?? '',
    clientId: provider?.clientId ?? '',
    clientSecret: '',
    scopes: (provider?.scopes ?? ['openid', 'email', 'profile']).join(' '),
    trustEmail: provider?.trustEmail ?? false,
    autoCreate: provider?.autoCreate ?? false,
    departmentId: provider?.departmentId ?? '',
    positionId: provider?.positionId ?? '',
    emailDomains: (provider?.emailDomains ?? []).join(', '),
    emailClaim: provider?.claims.email ?? 'email',
    nameClaim: provider?.claims.name ?? 'name',
    groupsClaim: provider?.claims.groups ?? '',
    groupRoles: (provider?.groupRoles ?? []).map(({ group, role }) => `${group} = ${role}`).join('\n'),
  };
}

/** Which fields have to be looked at before it can be sent. A change may leave the secret out, unless it is for another client. */
export function problemsOf(form: ProviderForm, provider: IdentityProvider | undefined): Set<ProviderProblem> {
  const sameClient = provider?.issuer === form.issuer.trim() && provider.clientId === form.clientId.trim();
  const wrong: Record<ProviderProblem, boolean> = {
    name: form.name.trim() === '',
    issuer: !/^https?:\/\/\S+$/u.test(form.issuer.trim()),
    clientId: form.clientId.trim() === '',
    clientSecret: form.clientSecret === '' && !sameClient,
    departmentId: form.autoCreate && form.departmentId === '',
    groupRoles: groupRolesOf(form.groupRoles) === null,
  };
  return new Set((Object.keys(wrong) as ProviderProblem[]).filter((field) => wrong[field]));
}

export function inputOf(form: ProviderForm, enabled: boolean): IdentityProviderInput {
  const words = (text: string) => text.split(/[\s,;]+/u).filter((word) => word !== '');
  return {
    name: form.name.trim(),
    issuer: form.issuer.trim(),
    clientId: form.clientId.trim(),
    ...(form.clientSecret === '' ? {} : { clientSecret: form.clientSecret }),
    scopes: [...new Set(['openid', ...words(form.scopes)])],
    enabled,
    trustEmail: form.trustEmail,
    autoCreate: form.autoCreate,
    departmentId: form.departmentId || null,
    positionId: form.positionId || null,
    emailDomains: words(form.emailDomains).map((domain) => domain.replace(/^@/u, '').toLowerCase()),
    claims: {
      email: form.emailClaim.trim() || 'email',
      name: form.nameClaim.trim() || 'name',
      groups: form.groupsClaim.trim() || null,
    },
    groupRoles: groupRolesOf(form.groupRoles) ?? [],
  };
}

/** Lines of `group = role`; a group's name may contain anything but a line's end. Null: one of them is no such line. */
function groupRolesOf(text: string): GroupRole[] | null {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const read = lines.map((line) => {
    const at = line.lastIndexOf('=');
    const group = line.slice(0, Math.max(at, 0)).trim();
    const role = grantableRole.safeParse(line.slice(at + 1).trim());
    return group !== '' && role.success ? { group, role: role.data } : null;
  });
  return read.every((line) => line !== null) ? read : null;
}
