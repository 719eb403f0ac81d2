import type { Resolution, RoutingStep } from '@clawpool/contracts';

export interface RoutedTier {
  id: string;
  name: string;
  alwaysOn: boolean;
}

/** A tenant that may answer, with the tier it runs in now. */
export interface RoutedTenant {
  id: string;
  name: string;
  state: string;
  /** Whose own it is; null: nobody's in particular. */
  employeeId: string | null;
  tier: RoutedTier;
}

/** A rule with what it names; exactly one of the two. */
export interface FoundRule {
  scope: 'employee' | 'position' | 'organization';
  tier: RoutedTier | null;
  tenant: RoutedTenant | null;
}

/** Everything a decision rests on. */
export interface RoutingFacts {
  employee: Resolution['employee'];
  /** The tier the employee's position names; null: they have no position. */
  positionTier: RoutedTier | null;
  /** Those that concern the employee, in any order. */
  rules: readonly FoundRule[];
  /** Null: they have none, or it has been deleted. */
  own: RoutedTenant | null;
  /** Tenants they share, the one they were given first first; deleted ones too. */
  assigned: readonly RoutedTenant[];
}

const scopes = ['employee', 'position', 'organization'] as const;

/**
 * Which tenant answers, and why. One step decides, or none, and then there is no tenant. A rule whose target is gone, or that needs an
 * agent the employee does not have, is passed over, and the next wider one counts.
 *
 * @param chosen a team's tenant the employee chose
 */
export function decideRoute(facts: RoutingFacts, chosen?: string): Omit<Resolution, 'session'> {
  const { employee } = facts;
  const answer = (tenant: RoutedTenant | null, steps: RoutingStep[]): Omit<Resolution, 'session'> => ({
    employee,
    tenant: tenant && {
      ...{ id: tenant.id, name: tenant.name, state: tenant.state },
      team: tenant.employeeId === null,
    },
    tier: tenant && { ...tenant.tier },
    steps: tenant ? [...steps, ...lastSteps(tenant)] : steps,
  });

  const steps: RoutingStep[] = [];
  const isTheirChoice = chosen !== undefined && chosen !== facts.own?.id;
  const choice = isTheirChoice ? facts.assigned.find(({ id }) => id === chosen) : undefined;
  if (choice && isThere(choice)) {
    return answer(choice, [
      step('assignment', true, `${employee.name} chose “${choice.name}”, which is shared with them.`),
    ]);
  }

  let routed: RoutedTenant | null = null;
  for (const scope of scopes) {
    const rule = facts.rules.find((one) => one.scope === scope);
    const { tenant, detail } = follow(rule, scope, facts);
    routed = tenant;
    steps.push(step(scope, tenant !== null, detail));
    if (tenant) break;
  }
  if (!routed && facts.own) {
    routed = facts.own;
    const { positionTier } = facts;
    steps.push(
      positionTier
        ? step('position_tier', true, `The position “${employee.position}” says the tier “${positionTier.name}”.`)
        : step('position_tier', true, 'They have no position, so their own agent keeps its tier.'),
    );
    steps.push(...tierSteps(positionTier ?? facts.own.tier, facts.own));
  } else if (routed && routed.id === facts.own?.id) {
    const tier = facts.rules.find(({ scope }) => scope === steps.at(-1)?.step)?.tier;
    steps.push(...tierSteps(tier ?? routed.tier, routed));
  }
  if (!routed) {
    const first = facts.assigned.find(isThere) ?? null;
    routed = first;
    steps.push(
      first
        ? step(
            'assignment',
            true,
            `They have no agent of their own; “${first.name}” is the first one shared with them.`,
          )
        : step('assignment', false, 'No agent is shared with them.'),
    );
  }
  // What the rules lead to may be chosen as well; anything else is not theirs to choose.
  if (isTheirChoice && routed?.id !== chosen) {
    const detail = choice
      ? `“${choice.name}” was shared with them and has been deleted.`
      : 'The agent that was chosen is not shared with them.';
    return answer(null, [step('assignment', false, detail)]);
  }
  if (!routed) steps.push(step('tenant', false, `${employee.name} has no agent of their own, so nobody answers.`));
  return answer(routed, steps);
}

/** Where a rule leads; no tenant: nowhere, and `detail` says why. */
function follow(
  rule: FoundRule | undefined,
  scope: FoundRule['scope'],
  { employee, own }: RoutingFacts,
): { tenant: RoutedTenant | null; detail: string } {
  const whose = {
    employee: employee.name,
    position: `the position “${employee.position}”`,
    organization: 'the organization',
  };
  if (scope === 'position' && employee.position === '') return { tenant: null, detail: 'They have no position.' };
  if (!rule) return { tenant: null, detail: `There is no rule for ${whose[scope]}.` };
  const named = `The rule for ${whose[scope]} names`;
  if (rule.tenant) {
    const { name, employeeId } = rule.tenant;
    if (!isThere(rule.tenant)) {
      return { tenant: null, detail: `${named} the agent “${name}”, which has been deleted; it is passed over.` };
    }
    if (employeeId !== null && employeeId !== employee.id) {
      return { tenant: null, detail: `${named} “${name}”, which is somebody else’s own agent; it is passed over.` };
    }
    return { tenant: rule.tenant, detail: `${named} the agent “${name}”.` };
  }
  const tier = `the tier “${rule.tier?.name ?? ''}”`;
  return own
    ? { tenant: own, detail: `${named} ${tier}.` }
    : { tenant: null, detail: `${named} ${tier}, but they have no agent of their own; it is passed over.` };
}

/** The employee's own tenant runs in the tier that was decided; or, moved by hand, in another. */
function tierSteps(decided: RoutedTier, own: RoutedTenant): RoutingStep[] {
  return [
    step(
      'tier',
      false,
      own.tier.id === decided.id
        ? `Their own agent runs in the tier “${own.tier.name}”.`
        : `Their own agent was given the tier “${own.tier.name}” and runs in that.`,
    ),
  ];
}

function lastSteps({ name, state, tier }: RoutedTenant): RoutingStep[] {
  const answers = step('tenant', false, `“${name}” answers; it is ${state.replaceAll('_', ' ')} now.`);
  const always = step('always_on', false, `The tier “${tier.name}” is always on: it answers without being woken.`);
  return tier.alwaysOn ? [answers, always] : [answers];
}

const isThere = ({ state }: RoutedTenant) => state !== 'deleted';

const step = (name: RoutingStep['step'], decided: boolean, detail: string): RoutingStep => ({
  step: name,
  decided,
  detail,
});
