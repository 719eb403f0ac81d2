import { tenantState } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { actionGroupsOf, actionsOf, firstActionOf } from './tenant-actions.ts';

const operation = { id: 'o', kind: 'backup', phase: 'backing_up', deadlineAt: '2026-03-10T12:00:00.000Z' };

describe('what is offered for a tenant', () => {
  it('is nothing while an operation is under way, and nothing when it is deleted', () => {
    expect(actionsOf({ state: 'running', operation })).toEqual([]);
    expect(actionsOf({ state: 'deleted', operation: null })).toEqual([]);
  });

  it('is stop and delete while a start only waits, as far as the state allows it', () => {
    const waiting = (kind: string) => ({ ...operation, kind, phase: 'waiting' });
    expect(actionsOf({ state: 'pending', operation: waiting('restart') })).toEqual(['stop', 'delete']);
    expect(actionsOf({ state: 'queued', operation: waiting('create') })).toEqual(['stop', 'delete']);
    expect(actionsOf({ state: 'stopped', operation: waiting('start') })).toEqual(['delete']);
    expect(actionsOf({ state: 'running', operation: waiting('backup') })).toEqual([]);
    expect(actionsOf({ state: 'creating', operation: { ...operation, kind: 'start', phase: 'starting' } })).toEqual([]);
  });

  it('always leaves a way out: whatever is not deleted can be deleted', () => {
    for (const state of tenantState.options) {
      if (state !== 'deleted') expect(actionsOf({ state, operation: null }), state).toContain('delete');
    }
  });

  it('is grouped without losing or doubling anything', () => {
    for (const state of tenantState.options) {
      const grouped = actionGroupsOf({ state, operation: null }).flat();
      expect(grouped.toSorted(), state).toEqual(actionsOf({ state, operation: null }).toSorted());
    }
  });

  it('begins with what brings it back, else with what stops it', () => {
    const first = (state: Parameters<typeof firstActionOf>[0]['state']) => firstActionOf({ state, operation: null });
    expect([first('hibernated'), first('stopped'), first('paused'), first('failed'), first('running')]).toEqual([
      'wake',
      'start',
      'resume',
      'start',
      'stop',
    ]);
    expect(first('deleted')).toBeNull();
  });
});
