import { tenantState } from '@clawpool/contracts';
import { expect, test } from 'vitest';
import { startBackoffMs, statesBefore, tenantTransitions, transitionAction } from './tenant.ts';

test('every state can be reached from hibernated and left again', () => {
  const reached = new Set<string>(['hibernated']);
  for (const state of reached)
    for (const next of tenantTransitions[state as keyof typeof tenantTransitions]) reached.add(next);
  expect([...reached].sort()).toEqual([...tenantState.options].sort());
  for (const state of tenantState.options) expect(tenantTransitions[state]).not.toHaveLength(0);
});

test('a runtime is started only where there is none', () => {
  expect(statesBefore('creating').sort()).toEqual(['failed', 'hibernated']);
});

test('a start that fails and a runtime that dies are told apart in the audit log', () => {
  expect(transitionAction('creating', 'failed')).toBe('tenant.start_failed');
  expect(transitionAction('running', 'failed')).toBe('tenant.crashed');
});

test('failed starts are tried again after 5 s at first and never later than 2 min', () => {
  expect([1, 2, 3, 4, 5, 6, 50].map(startBackoffMs)).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 120_000, 120_000]);
});
