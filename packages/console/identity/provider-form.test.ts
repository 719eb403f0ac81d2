import { describe, expect, it } from 'vitest';
import { formOf, inputOf, problemsOf } from './provider-form.ts';

const filled = { ...formOf(undefined), name: 'Entra', issuer: 'https://x.example', clientId: 'c', clientSecret: 's' };
const stored = {
  ...inputOf(filled, true),
  ...{ id: 'p', department: null, position: null, redirectUri: '', people: 0, createdAt: '' },
};

describe('the form of an identity provider', () => {
  it('wants what cannot be guessed', () => {
    expect([...problemsOf(formOf(undefined), undefined)]).toEqual(['name', 'issuer', 'clientId', 'clientSecret']);
    expect([...problemsOf(filled, undefined)]).toEqual([]);
    expect([...problemsOf({ ...filled, autoCreate: true }, undefined)]).toEqual(['departmentId']);
  });

  it('lets the stored secret stay for the same client, and for no other', () => {
    const kept = { ...formOf(stored), clientSecret: '' };
    expect([...problemsOf(kept, stored)]).toEqual([]);
    expect([...problemsOf({ ...kept, clientId: 'other' }, stored)]).toEqual(['clientSecret']);
    expect(inputOf(kept, true)).not.toHaveProperty('clientSecret');
  });

  it('reads lists however they are separated, and always asks for openid', () => {
    const input = inputOf({ ...filled, scopes: 'email  groups', emailDomains: '@Acme.com, acme.de;acme.fr' }, true);
    expect(input.scopes).toEqual(['openid', 'email', 'groups']);
    expect(input.emailDomains).toEqual(['acme.com', 'acme.de', 'acme.fr']);
  });

  it('reads groups with their roles, and says when a line is none', () => {
    const groupRoles = 'CN=Heads, OU=All = manager\n\naudit=auditor';
    expect(inputOf({ ...filled, groupRoles }, true).groupRoles).toEqual([
      { group: 'CN=Heads, OU=All', role: 'manager' },
      { group: 'audit', role: 'auditor' },
    ]);
    for (const wrong of ['heads', 'heads = king', '= manager', 'heads = operator']) {
      expect([...problemsOf({ ...filled, groupRoles: wrong }, undefined)]).toEqual(['groupRoles']);
    }
  });
});
