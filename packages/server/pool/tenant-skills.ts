import { ClawpoolError } from '@clawpool/contracts';
import { and, eq, inArray } from 'drizzle-orm';
import type { Queryable } from '../store/database.ts';
import { skillGroups, skills } from '../store/schema/index.ts';

/** Error `invalid_request` for a skill, or a group of skills, that the organization does not have. */
export async function refuseUnknownSkills(
  db: Queryable,
  organizationId: string,
  named: { skills?: readonly string[] | undefined; skillGroups?: readonly string[] | undefined },
): Promise<void> {
  for (const [what, table, names] of [
    ['skill', skills, named.skills ?? []],
    ['skill group', skillGroups, named.skillGroups ?? []],
  ] as const) {
    if (names.length === 0) continue;
    const found = await db
      .select({ name: table.name })
      .from(table)
      .where(and(eq(table.organizationId, organizationId), inArray(table.name, [...names])));
    const unknown = names.find((name) => !found.some((row) => row.name === name));
    if (unknown !== undefined) {
      throw new ClawpoolError('invalid_request', `There is no ${what} “${unknown}”.`, 'Skills lists what there is.');
    }
  }
}
