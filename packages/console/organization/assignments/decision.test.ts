import type { Assignment, ChannelBinding, RoutingRule } from '@clawpool/contracts';
import { expect, it } from 'vitest';
import { bindingsOf, decidingRule, teamsOf } from './decision.ts';

const rule = (scope: RoutingRule['scope'], ownerId: string) => ({ scope, ownerId }) as RoutingRule;

it('the narrowest rule decides for somebody', () => {
  const organization = rule('organization', '');
  const position = rule('position', 'finance');
  const own = rule('employee', 'carol');
  const carol = { id: 'carol', positionId: 'finance' };
  expect(decidingRule(carol, [organization, position, own])).toBe(own);
  expect(decidingRule(carol, [organization, position])).toBe(position);
  expect(decidingRule({ id: 'ryan', positionId: null }, [organization, position, own])).toBe(organization);
  expect(decidingRule(carol, [rule('position', 'carol')])).toBeNull();
});

it('teams and platforms are somebody’s own', () => {
  const team = { tenantId: 'help', employees: [{ id: 'carol', name: 'Carol' }] } as Assignment;
  expect(teamsOf('carol', [team])).toEqual([team]);
  expect(teamsOf('ryan', [team])).toEqual([]);

  const binding = (accountId: string, id: string, preferred: boolean) =>
    ({ accountId, employee: { id, name: id }, preferred }) as ChannelBinding;
  const bindings = [binding('a', 'carol', false), binding('b', 'ryan', true), binding('c', 'carol', true)];
  expect(bindingsOf('carol', bindings).map(({ accountId }) => accountId)).toEqual(['c', 'a']);
});
