import { afterAll, describe, expect, test } from 'vitest';
import { insertSmallOrganization } from '../testing/small-organization.ts';
import { createTestDatabase } from './testing.ts';

const database = await createTestDatabase();
afterAll(() => database.close());
await insertSmallOrganization(database, 'org');
await insertSmallOrganization(database, 'other');
await database.pool.query(`insert into departments (organization_id, id, name) values ('other', 'theirs', 'Theirs');
  insert into tiers (organization_id, id, name, memory_megabytes, cpu_millis, pids, disk_megabytes, tools_ceiling, idle_minutes)
    select 'other', 'their-tier', 'Theirs', memory_megabytes, cpu_millis, pids, disk_megabytes, tools_ceiling, idle_minutes
    from tiers where organization_id = 'other';
  insert into positions (organization_id, id, department_id, tier_id, name, tools) values ('other', 'theirs', 'theirs', 'their-tier', 'T', '[]');
  insert into conversations (organization_id, id, tenant_id, user_id, caller_key, path)
    values ('other', 'talk', 'other-ann', 'user-other-ann', 'user:user-other-ann', 'emp');
  insert into turns (organization_id, id, conversation_id, tenant_id) values ('other', 'turn', 'talk', 'other-ann')`);

/** The constraint a statement runs into; null when it goes through. */
const brokenBy = (statement: string): Promise<string | null> =>
  database.pool.query(statement).then(
    () => null,
    (error: { constraint?: string; code?: string }) =>
      error.code === '23503' ? 'foreign key' : (error.constraint ?? error.code ?? ''),
  );

describe('no row can point into another organization', () => {
  test.each([
    ['department', `insert into departments (organization_id, id, parent_id, name) values ('org', 'x', 'theirs', 'X')`],
    ['department of a position', `update positions set department_id = 'theirs' where organization_id = 'org'`],
    ['tier of a position', `update positions set tier_id = 'their-tier' where organization_id = 'org'`],
    ['department of an employee', `update employees set department_id = 'theirs' where organization_id = 'org'`],
    ['position of an employee', `update employees set position_id = 'theirs' where organization_id = 'org'`],
    [
      'employee of a member',
      `update members set employee_id = 'other-ann' where organization_id = 'org' and employee_id = 'ann'`,
    ],
    [
      'employee of a tenant',
      `update tenants set employee_id = 'other-ann' where organization_id = 'org' and id = 'ann'`,
    ],
    ['tier of a tenant', `update tenants set tier_id = 'their-tier' where organization_id = 'org'`],
    [
      'tenant of a conversation',
      `insert into conversations (organization_id, id, tenant_id, user_id, caller_key, path) values ('org', 'c', 'other-ann', 'user-ann', 'user:ann', 'emp')`,
    ],
    [
      'conversation of a turn',
      `insert into turns (organization_id, id, conversation_id, tenant_id) values ('org', 't', 'talk', 'ann')`,
    ],
    [
      'turn of a message',
      `insert into messages (organization_id, id, conversation_id, turn_id, role, text) values ('org', 'm', 'talk', 'turn', 'person', 'x')`,
    ],
    [
      'tenant of a model call',
      `insert into model_calls (organization_id, tenant_id, provider, model, input_tokens, output_tokens,
       cached_input_tokens, duration_ms, outcome, attempt) values ('org', 'other-ann', 'p', 'm', 0, 0, 0, 0, 'ok', 1)`,
    ],
  ])('%s', async (_what, statement) => {
    expect(await brokenBy(statement)).toBe('foreign key');
  });
});

describe('the schema keeps', () => {
  test.each([
    [
      'a tenant’s id to what may be a folder',
      `update tenants set id = '../x' where id = 'ann'`,
      'tenant_id_is_a_path_segment',
    ],
    [
      'a tenant’s id to one in the installation',
      `update tenants set id = 'other-ann' where id = 'ann'`,
      'tenant_id_is_unique_in_the_installation',
    ],
    [
      'one tenant for an employee',
      `update tenants set employee_id = 'ben' where id = 'ann'`,
      'one_personal_tenant_per_employee',
    ],
    ['e-mail in lower case', `update employees set email = 'Ann@X' where id = 'ann'`, 'employee_email_is_lower_case'],
    ['a turn that is over finished', `update turns set state = 'answered' where id = 'turn'`, 'over_means_finished'],
    [
      'a department out of itself',
      `update departments set parent_id = id where organization_id = 'org'`,
      'department_is_not_its_own_parent',
    ],
    [
      'the global layer without owner',
      `insert into layers values ('org', 'global', 'ann', 'text')`,
      'global_layer_has_no_owner',
    ],
  ])('%s', async (_what, statement, constraint) => {
    expect(await brokenBy(statement)).toBe(constraint);
  });

  test('the numbers of runtimes’ users apart, and far from people’s', async () => {
    const { rows } = await database.pool.query<{ uid: number }>('select uid from tenants order by uid');
    expect(new Set(rows.map(({ uid }) => uid)).size).toBe(4);
    expect(rows[0]?.uid).toBeGreaterThanOrEqual(2_000_000);
  });
});
