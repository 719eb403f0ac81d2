import { operationFailureReason, operationKind, tenantState } from '@clawpool/contracts';
import { expect, test } from 'vitest';
import { deadlineSeconds } from './operations/operation.ts';
import { plans } from './operations/plans.ts';
import {
  operationFailureHints,
  operationsIn,
  startBackoffMs,
  statesBefore,
  tenantTransitions,
  transitionAction,
} from './tenant.ts';

const states = tenantState.options;

test('every state can be reached from the first one, and only a deleted tenant stays what it is', () => {
  const reached = new Set<string>(['queued']);
  for (const state of reached)
    for (const next of tenantTransitions[state as keyof typeof tenantTransitions]) reached.add(next);
  expect([...reached].sort()).toEqual([...states].sort());
  expect(states.filter((state) => tenantTransitions[state].length === 0)).toEqual(['deleted']);
});

test('every state but the one of what is over can come to rest again, so that none is a trap', () => {
  for (const state of states) {
    if (state === 'deleted') continue;
    const reachable = new Set<string>([state]);
    for (const next of reachable)
      for (const after of tenantTransitions[next as keyof typeof tenantTransitions]) reachable.add(after);
    expect([...reachable], state).toEqual(expect.arrayContaining(['hibernated', 'deleted']));
  }
});

test('a runtime is not started for what is deleted or being deleted', () => {
  expect(statesBefore('creating')).not.toContain('deleted');
  expect(statesBefore('creating')).not.toContain('deleting');
  expect(statesBefore('running').sort()).toEqual(['creating', 'deleting', 'failed', 'hibernated', 'paused'].sort());
});

test('every transition has an action for the audit log, and starts that fail are told from runtimes that die', () => {
  for (const from of states)
    for (const to of tenantTransitions[from]) expect(transitionAction(from, to)).toMatch(/^tenant\.[a-z_]+$/);
  expect(transitionAction('creating', 'failed')).toBe('tenant.start_failed');
  expect(transitionAction('running', 'failed')).toBe('tenant.crashed');
});

/** Kinds that a person may ask for in each state; the table is written a second time here because people rely on it. */
test.each([
  ['queued', 'delete'],
  ['pending', 'delete stop'],
  ['creating', 'delete stop start'],
  ['running', 'stop restart hibernate pause reset rebuild resize backup restore clone migrate delete'],
  ['hibernated', 'start wake stop reset rebuild resize backup restore clone migrate delete'],
  ['stopped', 'start hibernate reset rebuild resize backup restore clone migrate delete'],
  ['paused', 'resume stop restart hibernate backup restore clone delete'],
  ['migrating', 'delete stop start'],
  ['restoring', 'delete restore'],
  ['deleting', 'delete'],
  ['deleted', ''],
  ['failed', 'start wake restart stop reset rebuild resize backup restore clone migrate delete'],
  ['requires_attention', 'start stop backup restore delete'],
] as const)('a %s tenant may be asked to: %s', (state, kinds) => {
  expect([...operationsIn[state]].sort()).toEqual(kinds.split(' ').filter(Boolean).sort());
});

test('every kind of operation has a plan with distinct steps, a deadline, and a state it may begin in', () => {
  for (const kind of operationKind.options) {
    const names = plans[kind].steps.map(({ name }) => name);
    expect(new Set(names).size, kind).toBe(names.length);
    expect(names.length).toBeGreaterThan(0);
    expect(deadlineSeconds[kind]).toBeGreaterThanOrEqual(30);
    if (kind !== 'create') expect(states.some((state) => operationsIn[state].includes(kind))).toBe(true);
  }
});

test('every reason says what to do next', () => {
  for (const reason of operationFailureReason.options) expect(operationFailureHints[reason].length).toBeGreaterThan(20);
});

test('failed starts are tried again after 5 s at first and never later than 2 min', () => {
  expect([1, 2, 3, 4, 5, 6, 50].map(startBackoffMs)).toEqual([5_000, 10_000, 20_000, 40_000, 80_000, 120_000, 120_000]);
});
