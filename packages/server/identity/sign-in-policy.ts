import type { Role, SignInSettings } from '@clawpool/contracts';

/** What holds until an admin says otherwise. */
export const defaultSignInSettings: SignInSettings = {
  secondFactor: 'optional',
  secondFactorAfterProvider: false,
  passwords: 'everybody',
};

/** Whoever sees or changes more than their own things. */
const privileged: readonly Role[] = ['operator', 'admin', 'auditor'];

export const needsSecondFactor = (policy: SignInSettings['secondFactor'], roles: readonly Role[]): boolean =>
  policy === 'everybody' || (policy === 'admins' && roles.some((role) => privileged.includes(role)));

/** Admins and operators keep their password always: the way in when the identity provider is down. */
export const mayUsePassword = (policy: SignInSettings['passwords'], roles: readonly Role[]): boolean =>
  policy === 'everybody' || roles.includes('admin') || roles.includes('operator');
