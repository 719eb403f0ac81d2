import type { OperationKind, Tenant, TenantState } from '@clawpool/contracts';

/** What can be asked for a tenant that is there already. */
export type Action = Exclude<OperationKind, 'create'>;

/**
 * What the server takes in each state. It decides for itself; this keeps the menus from offering what it would refuse. `start` of one
 * that sleeps, and `wake` of one that failed, are the other's twin and left out.
 */
const actionsByState: Readonly<Record<TenantState, readonly Action[]>> = {
  queued: ['delete'],
  pending: ['stop', 'delete'],
  creating: ['stop', 'delete'],
  running: [
    'stop',
    'hibernate',
    'pause',
    'restart',
    'backup',
    'restore',
    'clone',
    'resize',
    'rebuild',
    'migrate',
    'reset',
    'delete',
  ],
  hibernated: ['wake', 'stop', 'backup', 'restore', 'clone', 'resize', 'rebuild', 'migrate', 'reset', 'delete'],
  stopped: ['start', 'hibernate', 'backup', 'restore', 'clone', 'resize', 'rebuild', 'migrate', 'reset', 'delete'],
  paused: ['resume', 'stop', 'hibernate', 'restart', 'backup', 'restore', 'clone', 'delete'],
  migrating: ['stop', 'delete'],
  restoring: ['restore', 'delete'],
  deleting: ['delete'],
  deleted: [],
  failed: ['start', 'stop', 'backup', 'restore', 'clone', 'resize', 'rebuild', 'migrate', 'reset', 'delete'],
  requires_attention: ['start', 'stop', 'backup', 'restore', 'delete'],
};

/** The groups in which a menu shows them: live, save, change, end. */
const groups: readonly (readonly Action[])[] = [
  ['start', 'wake', 'resume', 'stop', 'hibernate', 'pause', 'restart'],
  ['backup', 'restore', 'clone'],
  ['resize', 'rebuild', 'migrate', 'reset'],
  ['delete'],
];

/**
 * One operation at a time: while there is one, nothing else is offered, but for what ends it. Who does not want a tenant to run any more
 * need not wait until a start that only waits, for its turn or for room, has had it.
 */
export function actionsOf({ state, operation }: Pick<Tenant, 'state' | 'operation'>): Action[] {
  if (!operation) return [...actionsByState[state]];
  const starts = ['create', 'start', 'wake'].includes(operation.kind) || state === 'pending';
  if (operation.phase !== 'waiting' || !starts) return [];
  // One that was never made is stopped by not making it.
  const possible = state === 'queued' ? ['stop', ...actionsByState.queued] : actionsByState[state];
  return (['stop', 'delete'] as const).filter((action) => possible.includes(action));
}

/** The same by groups, without empty ones. */
export function actionGroupsOf(tenant: Pick<Tenant, 'state' | 'operation'>): Action[][] {
  const possible = actionsOf(tenant);
  return groups.map((group) => group.filter((action) => possible.includes(action))).filter((group) => group.length > 0);
}

/** What one most likely wants of a tenant in this state: a button of its own on its page. */
export function firstActionOf(tenant: Pick<Tenant, 'state' | 'operation'>): Action | null {
  const possible = actionsOf(tenant);
  return (['resume', 'wake', 'start', 'stop'] as const).find((action) => possible.includes(action)) ?? null;
}

/** Done at once, since nothing is lost and nobody's work is ended; everything else is asked about or needs to know more. */
export const immediate = ['start', 'wake', 'resume', 'hibernate', 'pause'] as const satisfies readonly Action[];
export type ImmediateAction = (typeof immediate)[number];

export const isImmediate = (action: Action): action is ImmediateAction =>
  (immediate as readonly Action[]).includes(action);

/** Operations that a batch can do. */
export const batchActions = ['start', 'stop', 'restart', 'hibernate', 'wake', 'backup', 'rebuild', 'delete'] as const;
export type BatchAction = (typeof batchActions)[number];
