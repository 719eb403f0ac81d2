import { type AuditEvent, ClawpoolError } from '@clawpool/contracts';
import { listAuditEvents } from '../audit/audit-store.ts';
import { createDeadLetters } from '../conversations/delivery/dead-letters.ts';
import { allowedTools } from '../organization/position.ts';
import { subtree } from '../organization/scope.ts';
import { findTenantOfEmployee } from '../pool/tenant-store.ts';
import type { Database } from '../store/database.ts';
import * as store from './lookup-store.ts';

/** So many rows has one result at most. */
export const mostRows = 100;
export const mostEvents = 50;

/** Characters of a layer, and of what an audit event tells beside its columns. */
const shown = { layer: 20_000, detail: 400 } as const;

/** What the admin assistant can find out about its own organization. Every result is bounded. Error of all: `not_found`. */
export function createLookups(database: Database, organizationId: string) {
  const { db } = database;

  /** By id, number, e-mail address or whole name. */
  async function employeeOf(who: string): Promise<store.EmployeeRow> {
    const found = await store.findEmployees(db, organizationId, who);
    const [only] = found;
    if (only && found.length === 1) return only;
    if (!only) throw notFound(`There is no employee “${who}”.`, 'list_employees tells their ids.');
    const ids = found.map(({ id }) => id).join(', ');
    throw new ClawpoolError('conflict', `Several employees are “${who}”.`, `Ask by id: ${ids}.`);
  }

  async function departmentsBelow(department: string): Promise<string[]> {
    const all = await store.listDepartments(db, organizationId);
    const root = all.find(({ id, name }) => same(id, department) || same(name, department));
    if (root) return subtree(root.id, all);
    throw notFound(`There is no department “${department}”.`, 'list_departments_and_positions tells them.');
  }

  async function positionOf(position: string) {
    const all = await store.listPositions(db, organizationId);
    const found = all.find(({ id, name }) => same(id, position) || same(name, position));
    if (found) return found;
    throw notFound(`There is no position “${position}”.`, 'list_departments_and_positions tells them.');
  }

  return {
    listEmployees: async (filter: {
      department?: string | undefined;
      position?: string | undefined;
      offset: number;
    }) => {
      const { rows, total } = await store.listEmployees(db, organizationId, {
        departmentIds: filter.department === undefined ? null : await departmentsBelow(filter.department),
        positionId: filter.position === undefined ? null : (await positionOf(filter.position)).id,
        offset: filter.offset,
        limit: mostRows,
      });
      return { employees: rows, total, more: filter.offset + rows.length < total };
    },

    getEmployee: async (who: string) => {
      const { userId, roles, ...employee } = await employeeOf(who);
      const tenant = await findTenantOfEmployee(db, organizationId, employee.id);
      const { rows: channels } = await store.listBindings(db, organizationId, { employeeId: employee.id, limit: 20 });
      return {
        employee: { ...employee, roles: roles ?? [], signsIn: userId !== null },
        agent: tenant && {
          id: tenant.id,
          state: tenant.state,
          since: tenant.stateSince.toISOString(),
          reason: tenant.reason,
          tier: tenant.tier,
          tools: allowedTools(tenant.positionTools ?? tenant.toolsCeiling, tenant.toolsCeiling),
          lastActiveAt: tenant.lastActiveAt?.toISOString() ?? null,
        },
        channels: channels.map(({ employee: _, employeeId: __, ...channel }) => channel),
      };
    },

    listDepartmentsAndPositions: async () => {
      const departments = await store.listDepartments(db, organizationId);
      const positions = await store.listPositions(db, organizationId);
      return {
        departments: departments.slice(0, mostRows),
        positions: positions.slice(0, mostRows),
        more: departments.length > mostRows || positions.length > mostRows,
      };
    },

    getSoul: async ({ layer, of }: { layer: 'global' | 'position' | 'personal'; of?: string | undefined }) => {
      if (layer !== 'global' && of === undefined) {
        throw new ClawpoolError('invalid_request', `“of” is missing: whose ${layer} layer?`);
      }
      const owner =
        layer === 'global' ? null : layer === 'position' ? await positionOf(of ?? '') : await employeeOf(of ?? '');
      const found = await store.findLayer(db, organizationId, layer, owner?.id ?? '');
      const text = found?.content ?? '';
      return {
        ...{ layer, of: owner?.name ?? null, version: found?.version ?? null },
        updatedAt: found?.updatedAt.toISOString() ?? null,
        ...{ text: text.slice(0, shown.layer).toWellFormed(), more: text.length > shown.layer },
      };
    },

    usageReport: async ({ days, by }: { days: number; by: 'day' | 'department' | 'tenant' }) => {
      const rows = await store.sumUsage(db, organizationId, { days, by, limit: mostRows + 1 });
      return { ...{ days, by }, rows: rows.slice(0, mostRows), more: rows.length > mostRows };
    },

    serviceHealth: async () => ({
      agents: await store.countTenantsByState(db, organizationId),
      hosts: await store.listHosts(db, mostRows),
      deliveries: await createDeadLetters(database).figures({ organizationId }),
    }),

    auditLog: async (query: {
      employee?: string | undefined;
      action?: string | undefined;
      outcome?: AuditEvent['outcome'] | undefined;
      limit: number;
    }) => {
      const { employee, ...rest } = query;
      const events = await listAuditEvents(db, organizationId, {
        ...rest,
        limit: Math.min(rest.limit, mostEvents),
        involving: employee === undefined ? undefined : await idsOf(employee),
      });
      return { events: events.map(toShownEvent) };
    },

    listBindings: async ({ channel }: { channel?: string | undefined }) => {
      const { rows, total } = await store.listBindings(db, organizationId, { channel, limit: mostRows });
      return { bindings: rows, total, more: rows.length < total };
    },
  };

  /** Under which an employee is in the audit log: as a person, as themselves, and as their agent. */
  async function idsOf(who: string): Promise<string[]> {
    const { id, userId } = await employeeOf(who);
    const tenant = await findTenantOfEmployee(db, organizationId, id);
    return [id, userId, tenant?.id].filter((one) => one !== null && one !== undefined);
  }
}

/** What it tells beside its columns, as text that is cut. */
function toShownEvent({ detail, ...event }: AuditEvent) {
  const text = JSON.stringify(detail);
  return { ...event, detail: text.length > shown.detail ? `${text.slice(0, shown.detail).toWellFormed()}…` : text };
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.trim().toLowerCase();

const notFound = (message: string, hint: string) => new ClawpoolError('not_found', message, hint);
