import { ClawpoolError, type DirectoryCounts, type DirectoryRunConflict } from '@clawpool/contracts';
import { tellPeopleChanged } from '../../organization/people/people-store.ts';
import type { AuditActor } from '../../organization/people/person.ts';
import { ensureDepartmentPath, insertPerson, updatePerson } from '../../organization/people/person-writer.ts';
import { provisionAgents } from '../../organization/people/provisioning.ts';
import type { Drizzle, Transaction } from '../../store/database.ts';
import { transact } from '../../store/deadlock.ts';
import { applyDepartments } from './department-writer.ts';
import type { DirectoryPlan, KnownPerson, PersonConflict, WantedPerson } from './directory-plan.ts';
import { keepTitle } from './facts-store.ts';
import { type ClaimedRun, renewRun } from './run-store.ts';

export interface ApplyOptions {
  db: Drizzle;
  run: ClaimedRun;
  actor: AuditActor;
  leaseMs: number;
  signal: AbortSignal;
}

/** Somebody else does the run now, or the source is gone: nothing more may be written. */
export class LostRun extends Error {}

/** People per transaction: all agents are told once per transaction, so that a first run of thousands is not thousands times thousands. */
const perTransaction = 25;

/**
 * Does what the plan says: departments in one transaction, then people, a few per transaction, each for himself: one who is refused keeps no
 * other. Every transaction names the run's fence. Cut off at any point, the next run finds what is left, since a plan is a difference.
 */
export async function applyPlan(options: ApplyOptions, plan: DirectoryPlan): Promise<DirectoryRunConflict[]> {
  const { db, run, actor, leaseMs, signal } = options;
  const { organizationId, vendor } = run;
  const conflicts: DirectoryRunConflict[] = [...plan.conflicts];

  const step = async (work: (tx: Transaction, counts: DirectoryCounts) => Promise<void>) => {
    signal.throwIfAborted();
    run.counts = await transact(db, async (tx) => {
      const counts = { ...run.counts };
      // First, so that nobody who has lost the run waits for anything else.
      if (!(await renewRun(tx, run, leaseMs))) throw new LostRun();
      await work(tx, counts);
      await renewRun(tx, run, leaseMs, counts);
      return counts;
    });
  };

  let departmentIds = new Map(plan.departments.idOf);
  await step(async (tx, counts) => {
    departmentIds = await applyDepartments(tx, organizationId, actor, { vendor, plan: plan.departments });
    counts.departmentsCreated += plan.departments.created.length;
    counts.departmentsChanged += plan.departments.changed.length;
    counts.departmentsReleased += plan.departments.released.length;
  });

  const placeOf = (tx: Transaction, { departmentExternalId }: WantedPerson) => {
    const id = departmentIds.get(departmentExternalId);
    if (id !== undefined) return id;
    return ensureDepartmentPath(tx, organizationId, actor, plan.paths.get(null) ?? [], vendor);
  };
  const add = async (tx: Transaction, wanted: WantedPerson) => {
    const { name, email, externalId, positionId, number } = wanted;
    const { employeeId } = await insertPerson(tx, organizationId, actor, {
      ...{ name, email, externalId, positionId, source: vendor, roles: ['employee'], passwordHash: null },
      number: number ?? undefined,
      departmentId: await placeOf(tx, wanted),
    });
    await provisionAgents(tx, organizationId, actor, [employeeId]);
    await keepTitle(tx, organizationId, { employeeId, source: vendor, title: wanted.title });
  };
  const change = async (tx: Transaction, known: KnownPerson, wanted: WantedPerson) => {
    const { name, email, externalId, number, positionId } = wanted;
    const said = {
      ...{ name, email, externalId, source: vendor, active: true },
      number: number ?? undefined,
      positionId: positionId ?? undefined,
      departmentId: await placeOf(tx, wanted),
    };
    if (await updatePerson(tx, organizationId, actor, known.id, said, vendor))
      await provisionAgents(tx, organizationId, actor, [known.id]);
    await keepTitle(tx, organizationId, { employeeId: known.id, source: vendor, title: wanted.title });
  };
  const suspend = async (tx: Transaction, known: KnownPerson) => {
    await updatePerson(tx, organizationId, actor, known.id, { active: false }, vendor);
  };

  const work: {
    of: Pick<PersonConflict, 'name' | 'email'>;
    count: keyof DirectoryCounts;
    act: (tx: Transaction) => Promise<void>;
  }[] = [
    // Whoever may not be here any more goes first.
    ...plan.suspended.map((known) => ({
      of: known,
      count: 'suspended' as const,
      act: (tx: Transaction) => suspend(tx, known),
    })),
    ...plan.changed.map(({ known, wanted }) => ({
      of: wanted,
      count: 'changed' as const,
      act: (tx: Transaction) => change(tx, known, wanted),
    })),
    ...plan.created.map((wanted) => ({
      of: wanted,
      count: 'created' as const,
      act: (tx: Transaction) => add(tx, wanted),
    })),
  ];
  for (let at = 0; at < work.length; at += perTransaction) {
    let refused: DirectoryRunConflict[] = [];
    await step(async (tx, counts) => {
      refused = [];
      for (const { of, count, act } of work.slice(at, at + perTransaction)) {
        const problem = await tx.transaction(act).then(() => null, refusalOf);
        if (problem === null) counts[count]++;
        else refused.push({ name: of.name, email: of.email, reason: 'refused', detail: problem });
      }
      await tellPeopleChanged(tx, organizationId);
    });
    conflicts.push(...refused);
  }
  return conflicts;
}

/** What a rule says against one person. Anything else is nobody's fault here, and ends the run. */
function refusalOf(error: unknown): string {
  if (error instanceof ClawpoolError && error.code !== 'internal') return error.message;
  throw error;
}
