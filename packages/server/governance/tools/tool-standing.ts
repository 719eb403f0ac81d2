import { type GrantMode, type ToolName, type ToolStanding, toolNames } from '@clawpool/contracts';

/** What decides which tools an agent has. */
export interface ToolFacts {
  /** Nobody’s in particular (a team’s) has what its tier allows. */
  kind: 'colleague' | 'twin' | 'assistant';
  /** Null: it has no position. */
  positionTools: readonly string[] | null;
  /** Of one without an employee: those it was given of its tier's. Null or absent: all of them. */
  ownTools?: readonly string[] | null;
  toolsCeiling: readonly string[];
  blockedTools: readonly string[];
  /** Those that hold. */
  grants: readonly ToolGrant[];
}

export interface ToolGrant {
  tool: string;
  mode: GrantMode;
  expiresAt: Date | null;
  /** Of one for once: the turn that has used it. */
  usedByTurn: string | null;
}

/**
 * Every tool, whether the agent may use it, and why: what its position allows and what was granted, cut to its tier's ceiling and by what nobody
 * may use. Everything that offers, checks or shows an agent's tools goes by this.
 */
export function toolStandings(facts: ToolFacts): ToolStanding[] {
  return toolNames.map((tool) => standingOf(tool, facts));
}

/** The names of those it may use. */
export const allowedOf = (standings: readonly ToolStanding[]): ToolName[] =>
  standings.filter(({ allowed }) => allowed).map(({ tool }) => tool);

/** Tools that nothing but a grant for once gives, and the turn that has it: nobody's yet where null. */
export function onceTools(facts: ToolFacts): { tool: ToolName; turnId: string | null }[] {
  return toolStandings(facts).flatMap(({ tool, allowed, because }) => {
    const granted = because === 'grant' && allowed ? bestGrant(tool, facts) : null;
    return granted?.mode === 'once' ? [{ tool, turnId: granted.usedByTurn }] : [];
  });
}

function standingOf(tool: ToolName, facts: ToolFacts): ToolStanding {
  const refused = (because: ToolStanding['because']): ToolStanding => ({ tool, allowed: false, because, until: null });
  // Anybody talks to a public twin, and the assistant only looks things up: neither can do anything, whatever is allowed or granted.
  if (facts.kind === 'twin') return refused('public_twin');
  if (facts.kind === 'assistant') return refused('assistant');
  if (facts.blockedTools.includes(tool)) return refused('always_blocked');
  if (!facts.toolsCeiling.includes(tool)) return refused('above_tier');
  if (facts.positionTools === null && facts.ownTools && !facts.ownTools.includes(tool)) return refused('not_in_agent');
  if (facts.positionTools === null) return { tool, allowed: true, because: 'tier', until: null };
  if (facts.positionTools.includes(tool)) return { tool, allowed: true, because: 'position', until: null };
  const grant = bestGrant(tool, facts);
  if (!grant) return refused('not_in_position');
  return { tool, allowed: true, because: 'grant', until: grant.expiresAt?.toISOString() ?? null };
}

/** Of several the one that gives most: for good, then the longest, then once. */
function bestGrant(tool: ToolName, { grants }: ToolFacts): ToolGrant | null {
  const weight = ({ mode, expiresAt }: ToolGrant) =>
    mode === 'once' ? 0 : mode === 'permanent' ? Number.POSITIVE_INFINITY : (expiresAt?.getTime() ?? 0);
  return grants.filter((grant) => grant.tool === tool).sort((a, b) => weight(b) - weight(a))[0] ?? null;
}
