import { randomUUID } from 'node:crypto';
import { ClawpoolError, type EmployeeImport, type EmployeeImportChange, type ImportPreview } from '@clawpool/contracts';
import { hashPassword } from 'better-auth/crypto';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Database, Transaction } from '../../store/database.ts';
import { transact } from '../../store/deadlock.ts';
import { departmentMaker } from '../departments/department-writer.ts';
import { generatePassword } from '../password.ts';
import { lockOrganization, lockPerson, tellPeopleChanged } from '../people/people-store.ts';
import { insertPerson, updatePerson } from '../people/person-writer.ts';
import { provisionAgents } from '../people/provisioning.ts';
import { type Principal, personActor } from '../principal.ts';
import { type Planned, planImport, previewOf } from './import-plan.ts';
import { findImportFacts, insertImport, listImports } from './import-store.ts';
import { readPeopleFile } from './people-file.ts';

export { undoImport } from './import-undo.ts';

export interface PeopleFile {
  csv: string;
  fileName: string;
}

/** What a file would do, line by line. Error: `invalid_request` for what is no such file. */
export async function previewImport(
  { db }: Database,
  principal: Principal,
  { csv }: Pick<PeopleFile, 'csv'>,
): Promise<ImportPreview> {
  const lines = readPeopleFile(csv);
  const facts = await findImportFacts(db, principal);
  return previewOf(planImport(lines, facts), facts);
}

/**
 * Takes in a file of people, all lines or none. Everybody new has a first password of their own, told once, and an agent where there is a
 * position. Errors: `invalid_request`; `conflict` while a line is refused (with `details: ImportPreview`) or nothing would change;
 * `quota_exceeded`.
 */
export async function importEmployees(
  { db }: Database,
  principal: Principal,
  { csv, fileName }: PeopleFile,
): Promise<{ import: EmployeeImport; passwords: { email: string; password: string }[] }> {
  const { organizationId } = principal;
  const actor = personActor(principal);
  const lines = readPeopleFile(csv);
  // Before the transaction, since each takes a good part of a second.
  const passwords = await firstPasswords(planImport(lines, await findImportFacts(db, principal)));
  return transact(db, async (tx) => {
    await lockOrganization(tx, organizationId);
    const facts = await findImportFacts(tx, principal);
    const plan = planImport(lines, facts);
    refuseUnusable(plan, facts);
    const changes: EmployeeImportChange[] = [];
    const departmentAt = departmentMaker(tx, organizationId, actor, 'local', (departmentId) =>
      changes.push({ kind: 'department_created', departmentId }),
    );
    const told: { email: string; password: string }[] = [];
    for (const planned of plan) {
      try {
        if (planned.action === 'create') {
          const departmentId = await departmentAt(planned.department ?? []);
          const first = passwords.get(planned.email) ?? (await firstPassword());
          const { email, person } = planned;
          const added = await insertPerson(tx, organizationId, actor, {
            ...{ ...person, email, departmentId, passwordHash: first.hash },
          });
          changes.push({ kind: 'employee_created', employeeId: added.employeeId, tenantId: null });
          if (added.passwordIsTheirs) told.push({ email, password: first.password });
        } else if (planned.action === 'change') {
          changes.push(await applyChange(tx, principal, planned, departmentAt));
        }
      } catch (error) {
        throw error instanceof ClawpoolError ? inLine(planned.line, error) : error;
      }
    }
    const agents = await provisionAgents(tx, organizationId, actor, changes.flatMap(employeeOf));
    const tenantIds = new Map(agents.map(({ employeeId, tenantId }) => [employeeId, tenantId]));
    const done = await insertImport(tx, {
      ...{ organizationId, id: randomUUID(), fileName, importedBy: principal.name },
      changes: changes.map((change) =>
        change.kind === 'employee_created' ? { ...change, tenantId: tenantIds.get(change.employeeId) ?? null } : change,
      ),
    });
    await recordAudit(tx, organizationId, {
      actor,
      action: 'employees.imported',
      target: { type: 'employee_import', id: done.id, name: fileName },
      outcome: 'allowed',
      detail: { created: done.created, changed: done.changed, agents: agents.length },
    });
    await tellPeopleChanged(tx, organizationId);
    return { import: done, passwords: told };
  });
}

/** The organization's imports, the newest first. */
export const importsOf = ({ db }: Database, { organizationId }: Principal): Promise<EmployeeImport[]> =>
  listImports(db, organizationId);

function refuseUnusable(plan: readonly Planned[], facts: Parameters<typeof previewOf>[1]): void {
  const preview = previewOf(plan, facts);
  const wrong = plan.find(({ action }) => action === 'refused');
  if (wrong) {
    throw new ClawpoolError(
      'conflict',
      `${preview.refused} of ${plan.length} lines cannot be taken in. Line ${wrong.line}: ${wrong.problem}`,
      'Mend the file; until then nothing of it is taken in.',
      { details: preview },
    );
  }
  if (preview.created + preview.changed > 0) return;
  throw new ClawpoolError('conflict', 'Everything in the file is so already.', 'There is nothing to take in.');
}

/** What it was before and is afterwards, as the row of the person has it. */
async function applyChange(
  tx: Transaction,
  principal: Principal,
  { employeeId, change, department }: Extract<Planned, { action: 'change' }>,
  departmentAt: (path: readonly string[]) => Promise<string>,
): Promise<EmployeeImportChange> {
  const { organizationId } = principal;
  const departmentId = department && (await departmentAt(department));
  const all = { ...change, ...(departmentId === undefined ? {} : { departmentId }) };
  const before = await lockPerson(tx, organizationId, employeeId);
  await updatePerson(tx, organizationId, personActor(principal), employeeId, all, 'local');
  const after = await lockPerson(tx, organizationId, employeeId);
  const fields = Object.keys(all) as (keyof typeof all)[];
  const only = (row: typeof before) => Object.fromEntries(fields.map((field) => [field, row[field]]));
  return { kind: 'employee_changed', employeeId, before: only(before), after: only(after) };
}

const employeeOf = (change: EmployeeImportChange): string[] =>
  change.kind === 'department_created' ? [] : [change.employeeId];

const inLine = (line: number, { code, message, hint, details }: ClawpoolError) =>
  new ClawpoolError(code, `Line ${line}: ${message}`, hint, { details });

interface FirstPassword {
  password: string;
  hash: string;
}

async function firstPassword(): Promise<FirstPassword> {
  const password = generatePassword();
  return { password, hash: await hashPassword(password) };
}

/** By e-mail, for everybody new. A few at once: hashing is all CPU and memory. */
async function firstPasswords(plan: readonly Planned[]): Promise<ReadonlyMap<string, FirstPassword>> {
  const wanted = plan.filter(({ action }) => action === 'create').map(({ email }) => email);
  const made = new Map<string, FirstPassword>();
  const next = wanted.values();
  const work = async () => {
    for (const email of next) made.set(email, await firstPassword());
  };
  await Promise.all([work(), work(), work(), work()]);
  return made;
}
