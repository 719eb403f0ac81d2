import type { LayerScope } from '@clawpool/contracts';
import type { Principal } from '../../organization/principal.ts';
import type { AffectedAgents } from '../../pool/agent-revision.ts';

/** Which layer: `ownerId` is '' for the global one, else the position's or the person's id. */
export interface LayerKey {
  scope: LayerScope;
  ownerId: string;
}

/** Whose layer it is. */
export interface LayerOwner {
  name: string;
  /** Of the position or the person; null for the organization. */
  departmentId: string | null;
}

/** Where somebody stands: what they may see, what they lead, and which layers are their own agent's. */
export interface Standing {
  /** Departments whose things they see; null: all. */
  sees: readonly string[] | null;
  /** Departments they lead as a manager. */
  leads: readonly string[];
  employeeId: string | null;
  positionId: string | null;
}

export interface LayerRights {
  read: boolean;
  /** Save a version, and decide about what others propose. */
  edit: boolean;
  propose: boolean;
}

/**
 * What somebody may do with a layer. Everybody reads what their own agent is made of. The global layer is edited by admins with the permission `policy`,
 * a position's by admins and by the managers of its department and of those above it, a personal one by its owner and by admins. Admins and
 * managers may propose changes of the first two, of what they lead or what is everybody's.
 */
export function rightsOn(
  { scope, ownerId }: LayerKey,
  { departmentId }: LayerOwner,
  { roles, permissions }: Pick<Principal, 'roles' | 'permissions'>,
  { sees, leads, employeeId, positionId }: Standing,
): LayerRights {
  const isAdmin = roles.includes('admin');
  if (scope === 'global') {
    const edit = isAdmin && (permissions?.includes('policy') ?? false);
    return { read: true, edit, propose: isAdmin || roles.includes('manager') };
  }
  const inScope = sees === null || (departmentId !== null && sees.includes(departmentId));
  if (scope === 'personal') {
    const own = employeeId === ownerId;
    return { read: own || inScope, edit: own || isAdmin, propose: false };
  }
  const edit = isAdmin || (departmentId !== null && leads.includes(departmentId));
  return { read: inScope || positionId === ownerId, edit, propose: edit };
}

/** Whether only proposals change it where the organization wants them reviewed: what is somebody's own is theirs. */
export const isReviewed = ({ scope }: LayerKey): boolean => scope !== 'personal';

/** The agents whose files have the layer. */
export function agentsOf({ scope, ownerId }: LayerKey): AffectedAgents {
  if (scope === 'global') return 'all';
  return scope === 'position' ? { positionIds: [ownerId] } : { employeeIds: [ownerId] };
}

/** As the API names it: `-` for the global one. */
export const shownOwner = (ownerId: string): string => (ownerId === '' ? '-' : ownerId);

/** The opposite; null: there is no such layer. */
export function layerKey(scope: LayerScope, shown: string): LayerKey | null {
  if (scope === 'global') return shown === '-' ? { scope, ownerId: '' } : null;
  return { scope, ownerId: shown };
}

const unspaced = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]`;
const word = new RegExp(
  String.raw`${unspaced}|(?!${unspaced})[\p{L}\p{N}](?:(?!${unspaced})[\p{L}\p{N}\p{M}'’_-])*`,
  'gu',
);

/** Words as editors count them: each character of a script without spaces is one. */
export const countWords = (text: string): number => text.match(word)?.length ?? 0;
