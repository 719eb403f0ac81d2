import type { ClaimNames, GroupRole, SignInSettings } from '@clawpool/contracts';
import { sql } from 'drizzle-orm';
import { bigint, boolean, check, index, jsonb, pgTable, primaryKey, text, unique } from 'drizzle-orm/pg-core';
import { users } from './authentication.ts';
import { createdAt, instant, organizationId } from './columns.ts';
import { organizations } from './organization.ts';

/** Where people of an organization sign in besides here: OpenID Connect. Who has is in `accounts`, by issuer and subject. */
export const identityProviders = pgTable(
  'identity_providers',
  {
    organizationId: organizationId().references(() => organizations.id),
    id: text('id').notNull(),
    name: text('name').notNull(),
    issuer: text('issuer').notNull(),
    clientId: text('client_id').notNull(),
    /** Sealed for `identity`. */
    clientSecret: text('client_secret').notNull(),
    scopes: jsonb('scopes').$type<string[]>().notNull(),
    enabled: boolean('enabled').notNull(),
    /** E-mails count although the provider does not call them verified. */
    trustEmail: boolean('trust_email').notNull(),
    autoCreate: boolean('auto_create').notNull(),
    /** Of those who are created. No foreign key: a department or a position goes without asking sign-in settings; nobody is created then. */
    departmentId: text('department_id'),
    positionId: text('position_id'),
    /** Empty: any. */
    emailDomains: jsonb('email_domains').$type<string[]>().notNull(),
    claims: jsonb('claims').$type<ClaimNames>().notNull(),
    groupRoles: jsonb('group_roles').$type<GroupRole[]>().notNull(),
    createdAt: createdAt(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.organizationId, t.id] }),
    // Redirect addresses name a provider without its organization.
    unique('identity_provider_id').on(t.id),
    unique('identity_provider_name').on(t.organizationId, t.name),
    check('created_people_have_a_department', sql`not ${t.autoCreate} or ${t.departmentId} is not null`),
  ],
);

/** One row per organization that has changed something; without one: both `optional` and `everybody`. */
export const signInPolicies = pgTable('sign_in_policies', {
  organizationId: organizationId()
    .primaryKey()
    .references(() => organizations.id),
  secondFactor: text('second_factor').$type<SignInSettings['secondFactor']>().notNull(),
  secondFactorAfterProvider: boolean('second_factor_after_provider').notNull(),
  passwords: text('passwords').$type<SignInSettings['passwords']>().notNull(),
});

/** A person's authenticator app (TOTP, RFC 6238). Like passwords, the person's own in every organization. */
export const secondFactors = pgTable('second_factors', {
  userId: text('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  /** Sealed for `identity`. */
  secret: text('secret').notNull(),
  /** Null: shown to the person, but no code of it was given yet; it does not count. */
  confirmedAt: instant('confirmed_at'),
  /** The time step of the last code that was taken: a code is good once, and none before it is good any more. */
  lastStep: bigint('last_step', { mode: 'number' }).notNull().default(0),
  createdAt: createdAt(),
});

/** For the day the phone is gone: each is good once, then its row is deleted. */
export const backupCodes = pgTable(
  'backup_codes',
  {
    userId: text('user_id')
      .notNull()
      .references(() => secondFactors.userId, { onDelete: 'cascade' }),
    /** HMAC-SHA256 with a key of the installation: without it, the few bits of a code could be guessed. */
    hash: text('hash').notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.hash] })],
);

/** Browsers that are not asked for the second factor for a while. */
export const trustedDevices = pgTable(
  'trusted_devices',
  {
    /** SHA-256 of the 32 random bytes in the browser's cookie. */
    tokenHash: text('token_hash').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => secondFactors.userId, { onDelete: 'cascade' }),
    expiresAt: instant('expires_at').notNull(),
    createdAt: createdAt(),
  },
  (t) => [index('trusted_devices_by_user').on(t.userId)],
);
