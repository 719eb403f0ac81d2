import { ClawpoolError, type LayerPreview, type ModelChoice } from '@clawpool/contracts';
import { openclawProfile, previewWorkspace } from '@clawpool/workspace';
import { and, asc, eq, inArray, ne, type SQL } from 'drizzle-orm';
import type { MemoryService } from '../../files/memory/memory-service.ts';
import { type LayerDrafts, loadAgentDefinition, prospectiveAgent } from '../../organization/agent-definition.ts';
import type { Principal } from '../../organization/principal.ts';
import { effectiveValues } from '../../pool/templates/template.ts';
import { findTenantOfEmployee } from '../../pool/tenant-store.ts';
import type { Database, Queryable } from '../../store/database.ts';
import { employees, positions, tenants } from '../../store/schema/index.ts';
import { rightsOn } from './layer.ts';
import { seesOf, standingOf } from './layer-access.ts';

/** The files an agent would read with other texts in place of the saved ones; nothing is written. */
export interface LayerPreviewService {
  /** Error: `not_found` for whom the caller cannot see. */
  preview(
    principal: Principal,
    wanted: { employeeId: string | null; positionId: string | null } & {
      [scope in keyof LayerDrafts]: string | undefined;
    },
  ): Promise<LayerPreview>;
}

export interface LayerPreviewOptions {
  database: Database;
  /** What holds where nobody says anything narrower. */
  installation: ModelChoice;
  /** Of tenants for which nothing else is said: an agent is told of what its image can do. */
  defaultImage: string;
  /** How long an agent's MEMORY.md is: what layers take is taken from it. */
  memory: Pick<MemoryService, 'characters'>;
}

/** Whose files are shown. */
interface Subject {
  employeeId: string | null;
  positionId: string | null;
}

export function createLayerPreviewService({
  database: { db },
  installation,
  defaultImage,
  memory,
}: LayerPreviewOptions): LayerPreviewService {
  return {
    preview: async (principal, { employeeId, positionId, ...texts }) => {
      const { organizationId } = principal;
      const subject = await chooseSubject(db, principal, { employeeId, positionId });
      const drafts = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)) as LayerDrafts;
      const tenant =
        subject.employeeId === null ? null : await findTenantOfEmployee(db, organizationId, subject.employeeId);
      const agent = tenant
        ? await loadAgentDefinition(db, organizationId, tenant.id, installation, drafts)
        : await prospectiveAgent(db, organizationId, subject, installation, drafts);
      const image = (tenant && effectiveValues(tenant).image) ?? defaultImage;
      return {
        agent: { tenantId: tenant?.id ?? null, name: agent.name, owner: agent.owner.name },
        ...previewWorkspace(agent, {
          callsControlPlane: openclawProfile(image.replace(/^openclaw-/, '')).callsControlPlane,
          // What nobody can read just now is not a reason to show nothing.
          memoryCharacters: tenant && (await memory.characters(tenant).catch(unknownIfAway)),
        }),
      };
    },
  };
}

/** Who is asked for, else somebody of the position, else the caller, else somebody the caller sees. */
async function chooseSubject(db: Queryable, principal: Principal, wanted: Subject): Promise<Subject> {
  const { organizationId } = principal;
  const inOrganization = eq(employees.organizationId, organizationId);
  if (wanted.employeeId !== null) {
    const [person] = await db
      .select({
        id: employees.id,
        positionId: employees.positionId,
        departmentId: employees.departmentId,
        name: employees.name,
      })
      .from(employees)
      .where(and(inOrganization, eq(employees.id, wanted.employeeId)));
    const key = { scope: 'personal' as const, ownerId: wanted.employeeId };
    if (!person || !rightsOn(key, person, principal, await standingOf(db, principal)).read) throw nobodyThere('person');
    return { employeeId: person.id, positionId: person.positionId };
  }
  if (wanted.positionId !== null) {
    const [position] = await db
      .select({ name: positions.name, departmentId: positions.departmentId })
      .from(positions)
      .where(and(eq(positions.organizationId, organizationId), eq(positions.id, wanted.positionId)));
    const key = { scope: 'position' as const, ownerId: wanted.positionId };
    const standing = await standingOf(db, principal);
    if (!position || !rightsOn(key, position, principal, standing).read) throw nobodyThere('position');
    if (standing.positionId === wanted.positionId) return standing;
    const found = await firstWithAgent(db, principal, eq(employees.positionId, wanted.positionId));
    return found ?? { employeeId: null, positionId: wanted.positionId };
  }
  if (principal.employeeId !== null) {
    const { employeeId, positionId } = await standingOf(db, principal);
    return { employeeId, positionId };
  }
  return (await firstWithAgent(db, principal)) ?? { employeeId: null, positionId: null };
}

/** By name, of those the principal sees. */
async function firstWithAgent(db: Queryable, principal: Principal, which?: SQL): Promise<Subject | null> {
  const { organizationId } = principal;
  const scope = await seesOf(db, principal);
  const [found] = await db
    .select({ employeeId: employees.id, positionId: employees.positionId })
    .from(employees)
    .innerJoin(
      tenants,
      and(
        eq(tenants.organizationId, employees.organizationId),
        eq(tenants.employeeId, employees.id),
        ne(tenants.state, 'deleted'),
      ),
    )
    .where(
      and(
        eq(employees.organizationId, organizationId),
        scope === null ? undefined : inArray(employees.departmentId, [...scope]),
        which,
      ),
    )
    .orderBy(asc(employees.name), asc(employees.id))
    .limit(1);
  return found ?? null;
}

function unknownIfAway(error: unknown): null {
  if (error instanceof ClawpoolError) return null;
  throw error;
}

const nobodyThere = (what: string) =>
  new ClawpoolError('not_found', `There is no such ${what}.`, 'Choose somebody from the list of employees.');
