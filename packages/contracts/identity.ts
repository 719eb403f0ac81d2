import { z } from 'zod';
import { grantableRole } from './organization.ts';

/**
 * A page of the browser's way through an identity provider that ends at the sign-in page again says why with one of these, as
 * `/sign-in?error=…`; the console has a sentence and what to do for each.
 */
export const signInError = z.enum([
  'provider_off',
  'provider_unreachable',
  'sign_in_expired',
  'state_mismatch',
  'provider_refused',
  'token_exchange_failed',
  'id_token_invalid',
  'email_missing',
  'email_not_verified',
  'email_domain',
  'person_unknown',
  'linked_to_another',
  'operator_by_password',
  'not_created',
  'suspended',
]);
export type SignInError = z.infer<typeof signInError>;

/** `https`, or `http` to this machine itself: whoever sits on the way could otherwise sign in as anybody. */
const issuer = z
  .url()
  .max(500)
  .refine(isIssuer, 'use an https:// address without query; http:// is for localhost only');

const domain = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}$/u, 'use a domain such as example.com');

const claim = z.string().trim().min(1).max(120);

/** Which claims of an ID token, or of the userinfo endpoint, say what. */
export const claimNames = z.object({
  email: claim.default('email'),
  name: claim.default('name'),
  groups: claim.nullable().default(null).describe('null: groups are not looked at'),
});
export type ClaimNames = z.infer<typeof claimNames>;

/** People of a group get a role, in the moment in which they are created; later roles are changed here. */
export const groupRole = z.object({ group: z.string().trim().min(1).max(200), role: grantableRole });
export type GroupRole = z.infer<typeof groupRole>;

const providerFields = {
  name: z.string().trim().min(1).max(60).describe('on the button of the sign-in page'),
  issuer,
  clientId: z.string().trim().min(1).max(300),
  scopes: z
    .array(
      z
        .string()
        .trim()
        .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,80}$/u),
    )
    .min(1)
    .max(20)
    .refine((scopes) => scopes.includes('openid'), 'openid has to be among them')
    .default(['openid', 'email', 'profile']),
  enabled: z.boolean().default(true),
  trustEmail: z
    .boolean()
    .default(false)
    .describe('believe e-mails that the provider does not call verified: right only for a directory of your own'),
  autoCreate: z.boolean().default(false).describe('people nobody knows become employees with their first sign-in'),
  departmentId: z.string().max(64).nullable().default(null).describe('of those who are created'),
  positionId: z.string().max(64).nullable().default(null).describe('of those who are created; null: decided later'),
  emailDomains: z.array(domain).max(50).default([]).describe('empty: any'),
  claims: claimNames.default({ email: 'email', name: 'name', groups: null }),
  groupRoles: z.array(groupRole).max(50).default([]),
};

/** Of Microsoft’s issuers those that vouch for people of every tenant. */
const anybodysDirectory = /^https:\/\/login\.microsoftonline\.com\/+(?:common|organizations|consumers)(?:\/|$)/iu;

/** With a secret it has to be given when the provider is added; left out of a change, it stays. */
export const identityProviderInput = z
  .object({ ...providerFields, clientSecret: z.string().min(1).max(1000).optional() })
  .refine(({ autoCreate, departmentId }) => !autoCreate || departmentId !== null, {
    path: ['departmentId'],
    message: 'people who are created need a department',
  })
  .refine(({ trustEmail, issuer }) => !trustEmail || !anybodysDirectory.test(issuer), {
    path: ['issuer'],
    message: 'anybody’s directory says any e-mail: use the one with your tenant ID',
  });
export type IdentityProviderInput = z.infer<typeof identityProviderInput>;

export const identityProvider = z.object({
  id: z.string(),
  name: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  scopes: z.array(z.string()),
  enabled: z.boolean(),
  trustEmail: z.boolean(),
  autoCreate: z.boolean(),
  departmentId: z.string().nullable(),
  department: z.string().nullable().describe('null: none chosen, or it is gone'),
  positionId: z.string().nullable(),
  position: z.string().nullable(),
  emailDomains: z.array(z.string()),
  claims: claimNames,
  groupRoles: z.array(groupRole),
  redirectUri: z.string().describe('to be entered at the provider'),
  people: z.int().describe('who have signed in through it'),
  createdAt: z.iso.datetime(),
});
export type IdentityProvider = z.infer<typeof identityProvider>;

/** What a look at the provider's published description found; the client secret is first tried by a sign-in. */
export const providerTest = z.object({
  ok: z.boolean(),
  findings: z.array(
    z.object({
      check: z.enum(['reachable', 'issuer', 'code_flow', 'pkce', 'scopes', 'keys', 'department']),
      ok: z.boolean(),
      detail: z.string().describe('what was found, in English; names of the provider included'),
    }),
  ),
});
export type ProviderTest = z.infer<typeof providerTest>;

export const signInSettings = z.object({
  secondFactor: z
    .enum(['optional', 'admins', 'everybody'])
    .describe('who has to have a second factor; admins: operators and auditors too'),
  secondFactorAfterProvider: z
    .boolean()
    .describe('ask for it after an identity provider’s sign-in too; false: that is the provider’s business'),
  passwords: z.enum(['everybody', 'admins']).describe('who may sign in with a password; admins: operators too'),
});
export type SignInSettings = z.infer<typeof signInSettings>;

/** Six digits of an authenticator app, or a backup code. */
export const secondFactorCode = z.string().trim().min(6).max(20);

export const ownSecondFactor = z.object({
  enabledAt: z.iso.datetime().nullable().describe('null: there is none'),
  required: z.boolean().describe('by the organization'),
  backupCodesLeft: z.int(),
  trustedDevices: z.int(),
  hasPassword: z.boolean().describe('false: changes of it need no password'),
});
export type OwnSecondFactor = z.infer<typeof ownSecondFactor>;

export const secondFactorOf = z.object({
  userId: z.string(),
  name: z.string(),
  email: z.string(),
  required: z.boolean(),
  enabledAt: z.iso.datetime().nullable(),
  mayReset: z.boolean().describe('by whoever asks'),
});
export type SecondFactorOf = z.infer<typeof secondFactorOf>;

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  const plain = url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  return plain && (url.protocol === 'https:' || (url.protocol === 'http:' && local));
}
