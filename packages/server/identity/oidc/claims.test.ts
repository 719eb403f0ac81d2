import { describe, expect, test } from 'vitest';
import { domainRefusal, emailRefusal, readClaims, rolesOfGroups } from './claims.ts';

const rules = {
  claims: { email: 'email', name: 'name', groups: 'groups' },
  trustEmail: false,
  emailDomains: ['acme.example'],
};
const ids = { iss: 'https://login.acme.example', sub: '4711' };

describe('what a provider says of somebody', () => {
  test('is read by the names of the claims, the e-mail in lower case', () => {
    const told = { ...ids, email: 'Ann@ACME.example', email_verified: true, name: ' Ann ', groups: ['it', 7, 'all'] };
    expect(readClaims(told, rules)).toEqual({
      issuer: ids.iss,
      subject: '4711',
      email: 'ann@acme.example',
      emailVerified: true,
      name: 'Ann',
      groups: ['it', 'all'],
    });
  });

  test('has no e-mail where the claim is missing, or is none', () => {
    for (const email of [undefined, '', 'ann', 'ann@acme', 'a b@acme.example', 'ann@acme.example\n@evil.example', 7]) {
      expect(readClaims({ ...ids, email }, rules).email).toBeNull();
    }
  });

  test('has a name anyhow, when there is an e-mail', () => {
    expect(readClaims({ ...ids, email: 'ann@acme.example' }, rules).name).toBe('ann');
  });
});

describe('an e-mail', () => {
  const refusal = (claims: object, changes: Partial<typeof rules> = {}) => {
    const all = { ...rules, ...changes };
    return emailRefusal(readClaims({ ...ids, ...claims }, all), all);
  };

  test('is believed when the provider has verified it', () => {
    expect(refusal({ email: 'ann@acme.example', email_verified: true })).toBeNull();
    expect(refusal({ email: 'ann@acme.example', email_verified: 'true' })).toBeNull();
    expect(refusal({ email: 'ann@acme.example', email_verified: false })).toBe('email_not_verified');
    expect(refusal({ email: 'ann@acme.example', email_verified: 1 })).toBe('email_not_verified');
    expect(refusal({ email: 'ann@acme.example' })).toBe('email_not_verified');
    expect(refusal({})).toBe('email_missing');
  });

  test('out of another claim is not what email_verified speaks of', () => {
    const claims = { email: 'upn', name: 'name', groups: '' };
    expect(refusal({ upn: 'ann@acme.example', email_verified: true }, { claims })).toBe('email_not_verified');
    expect(refusal({ upn: 'ann@acme.example' }, { claims, trustEmail: true })).toBeNull();
  });

  test('has to be of one of the domains, and not of one below or beside', () => {
    for (const email of ['ann@evil.example', 'ann@sub.acme.example', 'ann@notacme.example']) {
      expect(refusal({ email, email_verified: true })).toBe('email_domain');
    }
    expect(refusal({ email: 'ann@evil.example', email_verified: true }, { emailDomains: [] })).toBeNull();
    expect(domainRefusal(null, rules)).toBeNull();
  });
});

test('groups give roles, besides the one that everybody has', () => {
  const groupRoles = [
    { group: 'heads', role: 'manager' as const },
    { group: 'it', role: 'admin' as const },
    { group: 'staff', role: 'employee' as const },
  ];
  expect(rolesOfGroups(['heads', 'staff', 'other'], groupRoles)).toEqual(['employee', 'manager']);
  expect(rolesOfGroups([], groupRoles)).toEqual(['employee']);
});
