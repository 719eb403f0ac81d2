import { afterAll, describe, expect, test } from 'vitest';
import { organizations } from '../store/schema/index.ts';
import { createTestDatabase } from '../store/testing.ts';
import { listAuditEvents, recordAudit } from './audit-store.ts';

const database = await createTestDatabase();
afterAll(() => database.close());
const { db } = database;
await db.insert(organizations).values([
  { id: 'one', name: 'One' },
  { id: 'two', name: 'Two' },
]);

const event = (action: string, actor = 'Ada', target = 'Carol') => ({
  actor: { type: 'person' as const, id: actor.toLowerCase(), name: actor },
  action,
  target: { type: 'tenant', id: 't', name: target },
  outcome: 'allowed' as const,
  detail: { reason: 'because' },
});

describe('the audit trail', () => {
  test('is listed newest first, page by page, within its organization', async () => {
    for (const n of [1, 2, 3, 4, 5]) await recordAudit(db, 'one', event(`step.number${n}`));
    await recordAudit(db, 'two', event('step.elsewhere'));
    const first = await listAuditEvents(db, 'one', { limit: 3 });
    const second = await listAuditEvents(db, 'one', { limit: 3, before: first.at(-1)?.id });
    expect([...first, ...second].map((e) => e.action)).toEqual([5, 4, 3, 2, 1].map((n) => `step.number${n}`));
    expect(first[0]).toMatchObject({
      actor: { name: 'Ada' },
      target: { name: 'Carol' },
      detail: { reason: 'because' },
    });
  });

  test('is filtered by action, action prefix, outcome and part of a name, where % and _ mean themselves', async () => {
    await recordAudit(db, 'one', event('tool.refused', 'Ryan 100%', 'x'));
    await recordAudit(db, 'one', { ...event('toolbox.opened', 'Eve', 'y_z'), outcome: 'refused' });
    const find = async (query: object) =>
      (await listAuditEvents(db, 'one', { limit: 50, ...query })).map((e) => e.action);
    expect(await find({ action: 'tool.' })).toEqual(['tool.refused']);
    expect(await find({ action: 'tool.refused' })).toEqual(['tool.refused']);
    expect(await find({ action: 'tool' })).toEqual([]);
    expect(await find({ outcome: 'refused' })).toEqual(['toolbox.opened']);
    expect(await find({ search: 'RYAN' })).toEqual(['tool.refused']);
    expect(await find({ search: '0%' })).toEqual(['tool.refused']);
    expect(await find({ search: '_' })).toEqual(['toolbox.opened']);
  });

  test.each(['update audit_events set action = $$x$$', 'delete from audit_events', 'truncate audit_events'])(
    'refuses %s, for the database’s owner too',
    async (statement) => {
      const before = await listAuditEvents(db, 'one', { limit: 50 });
      await expect(database.pool.query(statement)).rejects.toThrow('append-only');
      expect(await listAuditEvents(db, 'one', { limit: 50 })).toEqual(before);
    },
  );

  test('has no event of a transaction that failed', async () => {
    const failing = db.transaction(async (tx) => {
      await recordAudit(tx, 'one', event('never.happened'));
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await listAuditEvents(db, 'one', { limit: 5, action: 'never.happened' })).toEqual([]);
  });
});
