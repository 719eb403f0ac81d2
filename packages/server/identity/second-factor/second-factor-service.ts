import { ClawpoolError, type OwnSecondFactor, type Role, type SecondFactorOf } from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import { endOtherSessions, findPasswordHash } from '../../organization/account-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { findPrincipal, type PrincipalRecord } from '../../organization/principal-store.ts';
import type { Drizzle, Transaction } from '../../store/database.ts';
import { createSeal } from '../../store/seal.ts';
import { needsSecondFactor } from '../sign-in-policy.ts';
import { findSignInSettings } from '../sign-in-policy-store.ts';
import {
  backupCodeHasher,
  deviceTokenHash,
  isAppCode,
  newBackupCodes,
  newDeviceToken,
  trustedDays,
} from './second-factor.ts';
import {
  confirm,
  countsOf,
  deleteSecondFactor,
  findSecondFactor,
  insertTrustedDevice,
  isTrusted,
  listPeople,
  lockSecondFactor,
  noteStep,
  type PeopleQuery,
  putUnconfirmed,
  replaceBackupCodes,
  type SecondFactorRow,
  takeBackupCode,
} from './second-factor-store.ts';
import { base32, keyUri, newSecret, stepOfCode } from './totp.ts';

export type CodeKind = 'app' | 'backup';

export interface SecondFactorService {
  /** Whether a sign-in of this person needs a second step on this device. */
  isDue(userId: string, deviceToken: string | null): Promise<boolean>;
  /** Takes a code of the app, or a backup code, once. Null: it is neither, or was used. */
  take(userId: string, code: string): Promise<CodeKind | null>;
  /** The token for the browser's cookie. */
  trustDevice(userId: string): Promise<string>;

  mine(person: PrincipalRecord): Promise<OwnSecondFactor>;
  /** Error `conflict`: there is one already. */
  start(person: PrincipalRecord): Promise<{ secret: string; uri: string }>;
  /** Ends the person's other sessions: whoever else had one did not show this factor. Errors: `sign_in_failed`, `conflict`. */
  confirm(person: PrincipalRecord, sessionId: string, code: string): Promise<{ backupCodes: string[] }>;
  /** Error: `sign_in_failed` when the code is wrong. */
  renewBackupCodes(person: PrincipalRecord, code: string): Promise<{ backupCodes: string[] }>;
  /** Error: `sign_in_failed` when the code is wrong. */
  remove(person: PrincipalRecord, code: string): Promise<void>;

  list(principal: Principal, query: PeopleQuery): Promise<{ people: SecondFactorOf[]; total: number; missing: number }>;
  /** For somebody who has lost it. Errors: `not_found`, `not_allowed`. */
  reset(principal: Principal, userId: string): Promise<void>;
}

/** People's second factors: codes of an authenticator app, and backup codes. `secret`: the installation's. */
export function createSecondFactorService({
  db,
  secret,
  now = Date.now,
}: {
  db: Drizzle;
  secret: string;
  now?: () => number;
}): SecondFactorService {
  const seal = createSeal(secret, 'identity');
  const hashOf = backupCodeHasher(secret);

  async function takeWith(tx: Transaction, row: SecondFactorRow, code: string): Promise<CodeKind | null> {
    if (!isAppCode(code)) return (await takeBackupCode(tx, row.userId, hashOf(row.userId, code))) ? 'backup' : null;
    const step = stepOf(row, code);
    if (step === null) return null;
    await noteStep(tx, row.userId, step);
    return 'app';
  }

  const stepOf = ({ secret: sealed, lastStep }: SecondFactorRow, code: string) =>
    stepOfCode(Buffer.from(seal.open(sealed), 'base64url'), code.replaceAll(' ', ''), { now: now(), lastStep });

  async function putNewBackupCodes(tx: Transaction, userId: string): Promise<string[]> {
    const codes = newBackupCodes();
    const hashes = codes.map((code) => hashOf(userId, code));
    await replaceBackupCodes(tx, userId, hashes);
    return codes;
  }

  /** Does something that needs a right code; a wrong one is in the audit trail too. */
  async function withCode<T>(
    { principal }: PrincipalRecord,
    code: string,
    act: (tx: Transaction, row: SecondFactorRow) => Promise<T>,
  ): Promise<T> {
    const done = await db.transaction(async (tx) => {
      const row = await lockSecondFactor(tx, principal.userId);
      if (!row?.confirmedAt) throw new ClawpoolError('conflict', 'You have no second factor.', 'Set one up first.');
      if ((await takeWith(tx, row, code)) !== null) return { value: await act(tx, row) };
      await recordAudit(tx, principal.organizationId, event(principal, 'second_factor.refused', 'refused'));
      return null;
    });
    // Thrown out here, because the transaction has to commit the refusal's audit event.
    if (!done) throw wrongCode();
    return done.value;
  }

  return {
    isDue: async (userId, deviceToken) => {
      const row = await findSecondFactor(db, userId);
      if (!row?.confirmedAt) return false;
      return deviceToken === null || !(await isTrusted(db, userId, deviceTokenHash(deviceToken)));
    },

    take: (userId, code) =>
      db.transaction(async (tx) => {
        const row = await lockSecondFactor(tx, userId);
        return row?.confirmedAt ? takeWith(tx, row, code) : null;
      }),

    trustDevice: async (userId) => {
      const token = newDeviceToken();
      const expiresAt = new Date(now() + trustedDays * 24 * 60 * 60_000);
      await db.transaction((tx) => insertTrustedDevice(tx, { tokenHash: deviceTokenHash(token), userId, expiresAt }));
      return token;
    },

    mine: async ({ principal }) => {
      const row = await findSecondFactor(db, principal.userId);
      const counts = await countsOf(db, principal.userId);
      const { secondFactor } = await findSignInSettings(db, principal.organizationId);
      return {
        enabledAt: row?.confirmedAt?.toISOString() ?? null,
        required: needsSecondFactor(secondFactor, principal.roles),
        backupCodesLeft: counts.backupCodes,
        trustedDevices: counts.devices,
        hasPassword: (await findPasswordHash(db, principal.userId)) !== null,
      };
    },

    start: async ({ principal, email, organizationName }) => {
      const bytes = newSecret();
      const sealed = seal.seal(bytes.toString('base64url'));
      await db.transaction(async (tx) => {
        if (!(await putUnconfirmed(tx, principal.userId, sealed))) throw hasOne();
        await recordAudit(tx, principal.organizationId, event(principal, 'second_factor.started', 'allowed'));
      });
      const uri = keyUri(bytes, { issuer: `Clawpool (${organizationName})`, account: email });
      return { secret: base32(bytes), uri };
    },

    confirm: (person, sessionId, code) =>
      db.transaction(async (tx) => {
        const { userId, organizationId } = person.principal;
        const row = await lockSecondFactor(tx, userId);
        if (row?.confirmedAt) throw hasOne();
        if (!row) throw new ClawpoolError('conflict', 'There is no secret to confirm.', 'Begin anew: scan a new code.');
        const step = stepOf(row, code);
        if (step === null) throw wrongCode();
        await confirm(tx, userId, step);
        const codes = await putNewBackupCodes(tx, userId);
        const endedSessions = await endOtherSessions(tx, userId, sessionId);
        const enabled = event(person.principal, 'second_factor.enabled', 'allowed', { endedSessions });
        await recordAudit(tx, organizationId, enabled);
        return { backupCodes: codes };
      }),

    renewBackupCodes: (person, code) =>
      withCode(person, code, async (tx) => {
        const { principal } = person;
        const codes = await putNewBackupCodes(tx, principal.userId);
        await recordAudit(tx, principal.organizationId, event(principal, 'second_factor.codes_renewed', 'allowed'));
        return { backupCodes: codes };
      }),

    remove: (person, code) =>
      withCode(person, code, async (tx) => {
        const { principal } = person;
        await deleteSecondFactor(tx, principal.userId);
        await recordAudit(tx, principal.organizationId, event(principal, 'second_factor.removed', 'allowed'));
      }),

    list: async (principal, query) => {
      const { people, ...counts } = await listPeople(db, principal.organizationId, query);
      const shown = people.map(({ roles, ...person }) => ({
        ...person,
        mayReset: person.enabledAt !== null && resetRefusal(principal, roles) === null,
      }));
      return { people: shown, ...counts };
    },

    reset: async (principal, userId) => {
      const { organizationId } = principal;
      const person = await findPrincipal(db, userId);
      if (person?.principal.organizationId !== organizationId || !(await findSecondFactor(db, userId))) {
        throw new ClawpoolError(
          'not_found',
          'There is no such person with a second factor.',
          'Look at the list again.',
        );
      }
      const refusal = resetRefusal(principal, person.principal.roles);
      if (refusal) throw refusal;
      const target = { type: 'user', id: userId, name: person.principal.name };
      await db.transaction(async (tx) => {
        await deleteSecondFactor(tx, userId);
        await recordAudit(tx, organizationId, { ...event(principal, 'second_factor.reset', 'allowed'), target });
      });
    },
  };
}

/** Taking a factor away opens a door: of an operator only by one, of an admin only by whoever may set the rules. Null: they may. */
function resetRefusal(principal: Principal, roles: readonly Role[]): ClawpoolError | null {
  if (!principal.roles.includes('admin')) return new ClawpoolError('not_allowed', 'Only admins reset second factors.');
  if (roles.includes('operator') && !principal.roles.includes('operator')) {
    return new ClawpoolError('not_allowed', 'Only an operator resets the second factor of an operator.', 'Ask one.');
  }
  if (roles.includes('admin') && !principal.permissions?.includes('policy')) {
    return new ClawpoolError(
      'not_allowed',
      'An admin’s second factor is reset by an admin with the permission “policy”.',
      'Ask one of them.',
    );
  }
  return null;
}

const event = (
  { userId, name }: Pick<Principal, 'userId' | 'name'>,
  action: string,
  outcome: 'allowed' | 'refused',
  detail: Record<string, unknown> = {},
) => ({ actor: { type: 'person' as const, id: userId, name }, action, target: null, outcome, detail });

const hasOne = () =>
  new ClawpoolError('conflict', 'You have a second factor already.', 'Remove it first, to use another app.');

export const wrongCode = () =>
  new ClawpoolError(
    'sign_in_failed',
    'The code is wrong, or was used already.',
    'Wait for the next code of your app. If it stays like this, see whether your phone’s clock is right.',
  );
