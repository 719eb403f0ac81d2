import { describe, expect, test } from 'vitest';
import { decideRoute, type FoundRule, type RoutedTenant, type RoutedTier, type RoutingFacts } from './route.ts';

const standard: RoutedTier = { id: 'standard', name: 'Standard', alwaysOn: false };
const executive: RoutedTier = { id: 'executive', name: 'Executive', alwaysOn: true };
const own: RoutedTenant = { id: 'ann', name: 'agent-ann', state: 'running', employeeId: 'ann', tier: standard };
const team: RoutedTenant = { id: 'desk', name: 'help-desk', state: 'hibernated', employeeId: null, tier: standard };
const gone: RoutedTenant = { ...team, id: 'old', name: 'old-desk', state: 'deleted' };

const facts = (change: Partial<RoutingFacts> = {}): RoutingFacts => ({
  employee: { id: 'ann', name: 'Ann', position: 'Maker', department: 'Everybody' },
  positionTier: standard,
  rules: [],
  own,
  assigned: [],
  ...change,
});
const rule = (scope: FoundRule['scope'], target: { tier: RoutedTier } | { tenant: RoutedTenant }): FoundRule => ({
  ...{ scope, tier: null, tenant: null },
  ...target,
});
const deciding = (found: Pick<ReturnType<typeof decideRoute>, 'steps'>) =>
  found.steps.filter(({ decided }) => decided).map(({ step }) => step);
const detailOf = (found: ReturnType<typeof decideRoute>, step: string) =>
  found.steps.find((one) => one.step === step)?.detail;

describe('where a message goes', () => {
  test('without rules, to the employee’s own agent in the position’s tier', () => {
    const found = decideRoute(facts());
    expect(found.tenant).toEqual({ id: 'ann', name: 'agent-ann', state: 'running', team: false });
    expect(found.tier).toEqual(standard);
    expect(deciding(found)).toEqual(['position_tier']);
    expect(found.steps.map(({ step }) => step)).toEqual([
      ...['employee', 'position', 'organization', 'position_tier', 'tier', 'tenant'],
    ]);
  });

  test('the narrowest rule decides, and wider ones are not looked at', () => {
    const found = decideRoute(
      facts({ rules: [rule('organization', { tenant: team }), rule('employee', { tier: standard })] }),
    );
    expect(found.tenant?.id).toBe('ann');
    expect(deciding(found)).toEqual(['employee']);
    expect(found.steps.map(({ step }) => step)).not.toContain('organization');
  });

  test('a rule may name an agent that answers instead of the own one', () => {
    const found = decideRoute(facts({ rules: [rule('position', { tenant: team })] }));
    expect(found.tenant).toMatchObject({ id: 'desk', team: true });
    expect(deciding(found)).toEqual(['position']);
  });

  test('an agent that was deleted is explained, and the next rule counts', () => {
    const found = decideRoute(
      facts({ rules: [rule('employee', { tenant: gone }), rule('organization', { tenant: team })] }),
    );
    expect(detailOf(found, 'employee')).toContain('“old-desk”, which has been deleted');
    expect(found.tenant?.id).toBe('desk');
    expect(deciding(found)).toEqual(['organization']);
  });

  test('nobody’s messages go to somebody else’s own agent', () => {
    const found = decideRoute(
      facts({ rules: [rule('employee', { tenant: { ...own, id: 'ben', employeeId: 'ben' } })] }),
    );
    expect(detailOf(found, 'employee')).toContain('somebody else’s own agent');
    expect(found.tenant?.id).toBe('ann');
  });

  test('who has no own agent gets the first one shared with them that is still there', () => {
    const found = decideRoute(
      facts({ own: null, assigned: [gone, team], rules: [rule('employee', { tier: executive })] }),
    );
    expect(detailOf(found, 'employee')).toContain('no agent of their own');
    expect(found.tenant?.id).toBe('desk');
    expect(deciding(found)).toEqual(['assignment']);
  });

  test('who has none at all is told so by the last step', () => {
    const found = decideRoute(facts({ own: null }));
    expect([found.tenant, found.tier]).toEqual([null, null]);
    expect(found.steps.at(-1)).toMatchObject({ step: 'tenant', decided: false });
    expect(deciding(found)).toEqual([]);
  });

  test('an agent that is always on is said to be', () => {
    const found = decideRoute(facts({ own: { ...own, tier: executive } }));
    expect(found.steps.at(-1)).toMatchObject({ step: 'always_on', detail: expect.stringContaining('Executive') });
    expect(found.tier?.alwaysOn).toBe(true);
    expect(detailOf(found, 'tier')).toContain('was given the tier “Executive”');
  });
});

describe('a team’s agent that the employee chose', () => {
  test('answers when it is shared with them', () => {
    const found = decideRoute(facts({ assigned: [team] }), 'desk');
    expect(found.tenant?.id).toBe('desk');
    expect(deciding(found)).toEqual(['assignment']);
  });

  test('is refused when it is not, or is gone', () => {
    for (const [chosen, said] of [
      ['desk', 'not shared'],
      ['old', 'has been deleted'],
    ] as const) {
      const found = decideRoute(facts({ assigned: [gone] }), chosen);
      expect(found.tenant).toBeNull();
      expect(found.steps.at(-1)?.detail).toContain(said);
    }
  });

  test('needs no sharing when a rule leads there anyway', () => {
    expect(decideRoute(facts({ rules: [rule('organization', { tenant: team })] }), 'desk').tenant?.id).toBe('desk');
  });

  test('choosing the own agent does not get around a rule', () => {
    expect(decideRoute(facts({ rules: [rule('organization', { tenant: team })] }), 'ann').tenant?.id).toBe('desk');
  });
});
