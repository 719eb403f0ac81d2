import { randomUUID } from 'node:crypto';
import {
  ClawpoolError,
  type DirectoryCheck,
  type DirectoryPlan as DirectoryPlanView,
  type DirectoryRun,
  type DirectorySourceInput,
  type DirectorySourceView,
  type DirectoryVendor,
} from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import { tellPeopleChanged } from '../../organization/people/people-store.ts';
import { updatePerson } from '../../organization/people/person-writer.ts';
import type { Principal } from '../../organization/principal.ts';
import { refuseThisMachine } from '../../organization/this-machine.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { transact } from '../../store/deadlock.ts';
import type { Seal } from '../../store/seal.ts';
import type { DirectoryDrivers } from '../drivers.ts';
import { requirePolicy } from '../permission.ts';
import { asksFirst, type DirectoryPlan, planDirectory } from './directory-plan.ts';
import { type DirectoryDriver, directoryProblem } from './driver.ts';
import { countPeopleOf, findDirectoryFacts, forgetPeopleOf, releaseDepartments } from './facts-store.ts';
import { insertRun, listRuns } from './run-store.ts';
import {
  deleteSource,
  findSource,
  listOfSource,
  listSourceRows,
  lockSource,
  type SourceRow,
  saveSource,
} from './source-store.ts';

/** What admins do with the platforms whose people are read. Error of `save`, `remove` and `start`: `not_allowed` without the permission `policy`. */
export interface DirectorySourceService {
  list(principal: Principal): Promise<DirectorySourceView[]>;
  /** Errors: `invalid_request` (an address that is not safe; a secret that is missing). */
  save(principal: Principal, vendor: DirectoryVendor, input: DirectorySourceInput): Promise<DirectorySourceView>;
  /** Its people and departments stay, as if made by hand. Errors: `not_found`; `conflict` while a run is under way. */
  remove(principal: Principal, vendor: DirectoryVendor): Promise<void>;
  /** That it does not work is an answer and no error. Error: `not_found`. */
  check(principal: Principal, vendor: DirectoryVendor, signal: AbortSignal): Promise<DirectoryCheck>;
  /** Writes nothing. Errors: `not_found`, `unavailable`. */
  preview(principal: Principal, vendor: DirectoryVendor, signal: AbortSignal): Promise<DirectoryPlanView>;
  /** Errors: `not_found`, `conflict` while one is under way. */
  start(principal: Principal, vendor: DirectoryVendor, agreedSuspensions: number | null): Promise<DirectoryRun>;
  runs(principal: Principal, vendor: DirectoryVendor): Promise<DirectoryRun[]>;
}

export interface DirectorySourceServiceOptions {
  database: Database;
  seal: Seal;
  drivers: DirectoryDrivers;
  /** There is a run to do. */
  onRun: () => void;
  /** Addresses of this machine are everybody’s; absent: operators’ alone. */
  allowThisMachine?: boolean;
}

export function createDirectorySourceService(options: DirectorySourceServiceOptions): DirectorySourceService {
  const { database, seal, drivers, onRun, allowThisMachine = false } = options;
  const { db } = database;

  const open = async (organizationId: string, vendor: DirectoryVendor) => {
    const source = await findSource(db, organizationId, vendor);
    if (!source) throw noSource();
    return { source, driver: openSource(drivers, seal, source) };
  };
  const show = async ({ organizationId }: Principal, row: SourceRow): Promise<DirectorySourceView> => {
    const { vendor, baseUrl, appId, everyHours, suspendPercent, nextRunAt } = row;
    const [lastRun = null] = await listRuns(db, organizationId, vendor);
    return {
      ...{ vendor, baseUrl, appId, everyHours, suspendPercent, lastRun },
      nextRunAt: nextRunAt?.toISOString() ?? null,
      people: await countPeopleOf(db, organizationId, vendor),
    };
  };

  return {
    list: async (principal) => {
      const rows = await listSourceRows(db, principal.organizationId);
      return Promise.all(rows.map((row) => show(principal, row)));
    },

    save: async (principal, vendor, input) => {
      requirePolicy(principal);
      const { organizationId } = principal;
      const baseUrl = safeAddress(input.baseUrl);
      await transact(db, async (tx) => {
        const before = await lockSource(tx, organizationId, vendor);
        if (before?.baseUrl !== baseUrl) refuseThisMachine(principal, baseUrl, { allowed: allowThisMachine });
        const { appId, everyHours, suspendPercent } = input;
        await saveSource(tx, {
          ...{ organizationId, vendor, baseUrl, appId, everyHours, suspendPercent },
          sealedSecret: secretOf(seal, before, { ...input, baseUrl }),
          nextRunAt: nextRunOf(before, everyHours),
        });
        await tell(tx, principal, vendor, before ? 'directory.changed' : 'directory.connected', {
          ...{ baseUrl, appId, everyHours, suspendPercent, secretReplaced: input.appSecret !== undefined },
        });
      });
      return show(principal, (await open(organizationId, vendor)).source);
    },

    remove: async (principal, vendor) => {
      requirePolicy(principal);
      return transact(db, async (tx) => {
        const { organizationId } = principal;
        if (!(await lockSource(tx, organizationId, vendor))) throw noSource();
        const [last] = await listRuns(tx, organizationId, vendor);
        if (last && isUnderWay(last)) throw underWay();
        const theirs = await listOfSource(tx, organizationId, vendor);
        for (const employeeId of theirs.people) {
          const released = { source: 'local' as const, externalId: null };
          await updatePerson(tx, organizationId, actorOf(principal), employeeId, released, vendor);
        }
        await releaseDepartments(tx, organizationId, theirs.departments);
        await forgetPeopleOf(tx, organizationId, vendor);
        await deleteSource(tx, organizationId, vendor);
        const counts = { people: theirs.people.length, departments: theirs.departments.length };
        await tell(tx, principal, vendor, 'directory.disconnected', counts);
        await tellPeopleChanged(tx, organizationId);
      });
    },

    check: async ({ organizationId }, vendor, signal) => {
      const { driver } = await open(organizationId, vendor);
      try {
        await driver.check(signal);
        return { works: true, message: 'It answers, and lets us read the people.', hint: null };
      } catch (error) {
        if (!(error instanceof ClawpoolError)) throw error;
        return { works: false, message: error.message, hint: error.hint ?? null };
      }
    },

    preview: async ({ organizationId }, vendor, signal) => {
      const { source, driver } = await open(organizationId, vendor);
      const read = await driver.read(signal);
      const facts = await findDirectoryFacts(db, organizationId, vendor);
      const plan = planDirectory(read, facts);
      const people = await countPeopleOf(db, organizationId, vendor);
      return showPlan(plan, asksFirst(plan, { people, percent: source.suspendPercent, read: read.people.length }));
    },

    start: async (principal, vendor, agreedSuspensions) => {
      requirePolicy(principal);
      const { organizationId, name } = principal;
      const run = await transact(db, async (tx) => {
        if (!(await lockSource(tx, organizationId, vendor))) throw noSource();
        const id = randomUUID();
        const made = await insertRun(tx, { organizationId, id, vendor, startedBy: name, agreedSuspensions });
        if (!made) throw underWay();
        await tell(tx, principal, vendor, 'directory.started', { runId: id, agreedSuspensions });
        return made;
      });
      onRun();
      return run;
    },

    runs: async ({ organizationId }, vendor) => {
      await open(organizationId, vendor);
      return listRuns(db, organizationId, vendor);
    },
  };
}

/** Ready to be asked. Error `unavailable`: its secret cannot be read with this installation's key. */
export function openSource(drivers: DirectoryDrivers, seal: Seal, source: SourceRow): DirectoryDriver {
  const { vendor, baseUrl, appId, sealedSecret } = source;
  try {
    return drivers[vendor]({ baseUrl, appId, appSecret: seal.open(sealedSecret) });
  } catch (error) {
    throw directoryProblem('The app’s secret cannot be read with this installation’s key.', 'Enter it again.', {
      cause: error,
    });
  }
}

/** The secret is sent there: encrypted, unless it stays on this machine. */
function safeAddress(address: string): string {
  const url = new URL(address);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if ((url.protocol === 'https:' || local) && url.username === '' && url.password === '') {
    return `${url.origin}${url.pathname}`.replace(/\/+$/u, '');
  }
  throw new ClawpoolError(
    'invalid_request',
    'The address has to begin with https://, without a name or password in it.',
    'The app’s secret is sent there. Only an address of this machine may be http.',
  );
}

function secretOf(seal: Seal, before: SourceRow | null, input: DirectorySourceInput): string {
  if (input.appSecret !== undefined) return seal.seal(input.appSecret);
  if (before && before.baseUrl === input.baseUrl && before.appId === input.appId) return before.sealedSecret;
  throw new ClawpoolError(
    'invalid_request',
    before ? 'Another address or app needs the secret again.' : 'The app’s secret is missing.',
    'A secret that is stored is only ever sent to where it was meant for.',
  );
}

/** The rhythm that was there goes on while it stays the same. */
function nextRunOf(before: SourceRow | null, everyHours: number): Date | null {
  if (everyHours === 0) return null;
  if (before?.everyHours === everyHours && before.nextRunAt) return before.nextRunAt;
  return new Date(Date.now() + everyHours * 3_600_000);
}

const isUnderWay = ({ state }: DirectoryRun) => state === 'waiting' || state === 'running';

/** People and names that are shown of each kind. */
const shown = 200;

function showPlan(plan: DirectoryPlan, asks: boolean): DirectoryPlanView {
  const { departments, paths, created, changed, suspended, unchanged, conflicts } = plan;
  const pathOf = (externalId: string | null) => (paths.get(externalId) ?? []).join(' / ');
  const nameOf = (id: string) => departments.names.get(id) ?? '';
  const first = <T, U>(all: readonly T[], show: (one: T) => U) => ({
    count: all.length,
    people: all.slice(0, shown).map(show),
  });
  const names = (all: readonly string[]) => ({ count: all.length, names: all.slice(0, shown) });
  return {
    created: first(created, ({ name, email, departmentExternalId }) => ({
      ...{ name, email, changes: [] },
      department: pathOf(departmentExternalId),
    })),
    changed: first(changed, ({ known, wanted, changes }) => ({
      ...{ name: known.name, email: wanted.email, changes },
      department: nameOf(known.departmentId),
    })),
    suspended: first(suspended, ({ name, email, departmentId }) => ({
      ...{ name, email, changes: [] },
      department: nameOf(departmentId),
    })),
    unchanged,
    departments: {
      created: names(departments.created.map(({ externalId }) => pathOf(externalId))),
      changed: names(departments.changed.map(({ externalId }) => pathOf(externalId))),
      released: names(departments.released.map(({ id }) => nameOf(id))),
    },
    conflicts: { count: conflicts.length, people: conflicts.slice(0, shown) },
    asks,
  };
}

async function tell(
  tx: Transaction,
  principal: Principal,
  vendor: DirectoryVendor,
  action: string,
  detail: Record<string, unknown>,
): Promise<void> {
  await recordAudit(tx, principal.organizationId, {
    ...{ actor: actorOf(principal), action, detail, outcome: 'allowed' as const },
    target: { type: 'directory_source', id: vendor, name: vendor },
  });
}

const actorOf = ({ userId, name }: Principal) => ({ type: 'person' as const, id: userId, name });

const noSource = () =>
  new ClawpoolError('not_found', 'This platform is not connected.', 'Connect it under “Directory sync”.');

const underWay = () =>
  new ClawpoolError('conflict', 'A run of this platform is under way.', 'Wait until it is over, then try again.');
