import { randomUUID } from 'node:crypto';
import {
  ClawpoolError,
  type IdentityProvider,
  type IdentityProviderInput,
  type ProviderTest,
  type SignInSettings,
} from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { refuseThisMachine } from '../../organization/this-machine.ts';
import type { Drizzle, Queryable, Transaction } from '../../store/database.ts';
import { createSeal } from '../../store/seal.ts';
import { countEnabledProviders, findSignInSettings, putSignInSettings } from '../sign-in-policy-store.ts';
import {
  deleteProvider,
  endSessionsOf,
  findProvider,
  insertProvider,
  isNameTaken,
  listProviders,
  lockSignIn,
  type ProviderFields,
  type ProviderRow,
  placeExists,
  updateProvider,
} from './identity-provider-store.ts';
import type { ProviderConnections } from './provider-connection.ts';
import { testProvider } from './provider-test.ts';
import { redirectUriOf } from './redirect-uri.ts';

export interface IdentityProviderService {
  settings(principal: Principal): Promise<SignInSettings>;
  /** Errors: `not_allowed` without the permission `policy`; `conflict` where it would shut everybody out. */
  putSettings(principal: Principal, settings: SignInSettings): Promise<SignInSettings>;
  /** `baseUrl`: where browsers reach this installation. */
  list(principal: Principal, baseUrl: string): Promise<IdentityProvider[]>;
  /** Errors: `not_allowed`, `invalid_request`, `conflict` (a taken name). */
  create(principal: Principal, input: IdentityProviderInput, baseUrl: string): Promise<IdentityProvider>;
  /** A secret that is left out stays. Errors: as of `create`, and `not_found`. */
  put(principal: Principal, id: string, input: IdentityProviderInput, baseUrl: string): Promise<IdentityProvider>;
  remove(principal: Principal, id: string): Promise<void>;
  test(principal: Principal, id: string): Promise<ProviderTest>;
}

export interface IdentityProviderServiceOptions {
  db: Drizzle;
  /** The installation's; client secrets are sealed with it. */
  secret: string;
  connections: ProviderConnections;
  /** Issuers on this machine are for operators alone, unless this says that they are not. */
  allowThisMachine: boolean;
}

/** How an organization lets people in. Admins read, those with the permission `policy` change. */
export function createIdentityProviderService({
  db,
  secret,
  connections,
  allowThisMachine,
}: IdentityProviderServiceOptions): IdentityProviderService {
  const seal = createSeal(secret, 'identity');

  async function require(queryable: Queryable, organizationId: string, id: string): Promise<ProviderRow> {
    const row = await findProvider(queryable, organizationId, id);
    if (!row) throw new ClawpoolError('not_found', 'There is no such identity provider.', 'Look at the list again.');
    return row;
  }

  async function show(
    queryable: Queryable,
    organizationId: string,
    id: string,
    baseUrl: string,
  ): Promise<IdentityProvider> {
    const [row] = await listProviders(queryable, organizationId, id);
    if (!row) throw new Error(`identity provider ${id} has gone`);
    return { ...row, redirectUri: redirectUriOf(baseUrl, id) };
  }

  /** The last way in for people without passwords stays. */
  async function refuseToShutOut(tx: Transaction, organizationId: string): Promise<void> {
    const { passwords } = await findSignInSettings(tx, organizationId);
    if (passwords === 'everybody' || (await countEnabledProviders(tx, organizationId)) > 0) return;
    throw new ClawpoolError(
      'conflict',
      'It is the only way in for people who may not use a password.',
      'Let everybody use passwords first, or switch another identity provider on.',
    );
  }

  return {
    settings: async ({ organizationId }) => pick(await findSignInSettings(db, organizationId)),

    putSettings: async (principal, settings) => {
      requirePolicy(principal);
      await db.transaction(async (tx) => {
        await lockSignIn(tx, principal.organizationId);
        const before = pick(await findSignInSettings(tx, principal.organizationId));
        await putSignInSettings(tx, principal.organizationId, settings);
        await refuseToShutOut(tx, principal.organizationId);
        const detail = { before, after: settings };
        await recordAudit(tx, principal.organizationId, event(principal, 'sign_in_settings.changed', null, detail));
      });
      return settings;
    },

    list: async ({ organizationId }, baseUrl) =>
      (await listProviders(db, organizationId)).map((row) => ({ ...row, redirectUri: redirectUriOf(baseUrl, row.id) })),

    create: async (principal, input, baseUrl) => {
      requirePolicy(principal);
      refuseThisMachine(principal, input.issuer, { allowed: allowThisMachine });
      if (input.clientSecret === undefined) {
        throw new ClawpoolError(
          'invalid_request',
          'The client secret is missing.',
          'Copy it from the provider. Clawpool signs in as a confidential (“Web”) client.',
        );
      }
      const { clientSecret } = input;
      const { organizationId } = principal;
      const id = randomUUID();
      return db.transaction(async (tx) => {
        await lockSignIn(tx, organizationId);
        await refuseUnfit(tx, organizationId, id, input);
        await insertProvider(tx, organizationId, id, fieldsOf(input, seal.seal(clientSecret)));
        const target = { id, name: input.name };
        await recordAudit(tx, organizationId, event(principal, 'identity_provider.created', target, detailOf(input)));
        return show(tx, organizationId, id, baseUrl);
      });
    },

    put: async (principal, id, input, baseUrl) => {
      const { organizationId } = principal;
      return db.transaction(async (tx) => {
        await lockSignIn(tx, organizationId);
        const row = await require(tx, organizationId, id);
        requirePolicy(principal);
        await refuseUnfit(tx, organizationId, id, input);
        if (row.issuer !== input.issuer) refuseThisMachine(principal, input.issuer, { allowed: allowThisMachine });
        refuseSecretForAnother(row, input);
        const sealed = input.clientSecret === undefined ? row.clientSecret : seal.seal(input.clientSecret);
        await updateProvider(tx, organizationId, id, fieldsOf(input, sealed));
        await refuseToShutOut(tx, organizationId);
        const endedSessions = input.enabled ? 0 : await endSessionsOf(tx, id);
        const detail = { ...detailOf(input), newSecret: input.clientSecret !== undefined, endedSessions };
        const target = { id, name: input.name };
        await recordAudit(tx, organizationId, event(principal, 'identity_provider.changed', target, detail));
        return show(tx, organizationId, id, baseUrl);
      });
    },

    remove: async (principal, id) => {
      const { organizationId } = principal;
      await db.transaction(async (tx) => {
        await lockSignIn(tx, organizationId);
        const { name } = await require(tx, organizationId, id);
        requirePolicy(principal);
        const endedSessions = await endSessionsOf(tx, id);
        await deleteProvider(tx, organizationId, id);
        await refuseToShutOut(tx, organizationId);
        const target = { id, name };
        await recordAudit(tx, organizationId, event(principal, 'identity_provider.removed', target, { endedSessions }));
      });
    },

    test: async (principal, id) => {
      const row = await require(db, principal.organizationId, id);
      requirePolicy(principal);
      const place = await placeExists(db, principal.organizationId, row);
      const access = { ...row, clientSecret: seal.open(row.clientSecret), changed: row.updatedAt.getTime() };
      return testProvider(connections, access, { scopes: row.scopes, place: row.autoCreate ? place : null });
    },
  };
}

function requirePolicy({ permissions }: Principal): void {
  if (permissions?.includes('policy')) return;
  throw new ClawpoolError(
    'not_allowed',
    'How people sign in is changed by admins with the permission “policy”.',
    'Ask one of them.',
  );
}

async function refuseUnfit(
  tx: Transaction,
  organizationId: string,
  id: string,
  input: IdentityProviderInput,
): Promise<void> {
  if (await isNameTaken(tx, organizationId, input.name, id)) {
    throw new ClawpoolError(
      'conflict',
      `There is an identity provider “${input.name}” already.`,
      'Choose another name.',
    );
  }
  const exists = await placeExists(tx, organizationId, input);
  if ((input.departmentId !== null && !exists.department) || !exists.position) {
    throw new ClawpoolError('invalid_request', 'There is no such department or position.', 'Choose from the list.');
  }
}

/** Otherwise an admin who cannot read the secret could have it sent to a server of their own. */
function refuseSecretForAnother(row: ProviderRow, { issuer, clientId, clientSecret }: IdentityProviderInput): void {
  if (clientSecret !== undefined || (row.issuer === issuer && row.clientId === clientId)) return;
  throw new ClawpoolError(
    'invalid_request',
    'A new issuer or client needs its client secret.',
    'Enter the secret too: the stored one is sent to nobody but the provider it was entered for.',
  );
}

function fieldsOf(input: IdentityProviderInput, sealed: string): ProviderFields {
  const { clientSecret: _, ...fields } = input;
  return { ...fields, clientSecret: sealed };
}

const pick = ({ secondFactor, secondFactorAfterProvider, passwords }: SignInSettings): SignInSettings => ({
  ...{ secondFactor, secondFactorAfterProvider, passwords },
});

const detailOf = ({ clientSecret: _, ...told }: IdentityProviderInput): Record<string, unknown> => told;

const event = (
  { userId, name }: Principal,
  action: string,
  target: { id: string; name: string } | null,
  detail: Record<string, unknown>,
) => ({
  actor: { type: 'person' as const, id: userId, name },
  action,
  target: target && { type: 'identity_provider', ...target },
  outcome: 'allowed' as const,
  detail,
});
