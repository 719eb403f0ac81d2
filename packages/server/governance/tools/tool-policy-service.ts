import { setImmediate } from 'node:timers/promises';
import {
  ClawpoolError,
  type CommandPattern,
  type CommandRules,
  type ToolName,
  type ToolPolicy,
} from '@clawpool/contracts';
import { recordAudit } from '../../audit/audit-store.ts';
import type { Principal } from '../../organization/principal.ts';
import { markAgents } from '../../pool/agent-revision.ts';
import type { Database } from '../../store/database.ts';
import { findToolPolicy, saveToolPolicy } from './tool-policy-store.ts';

/** What no agent may do. */
export interface ToolPolicyService {
  get(principal: Principal): Promise<ToolPolicy>;
  /** Errors: `not_allowed`, `invalid_request` with the pattern that cannot be used, `conflict` with what somebody else has saved. */
  save(principal: Principal, change: ToolPolicyChange): Promise<ToolPolicy>;
  /** Whether a command would be refused: by the patterns given, else by those that are saved. Patterns that are not saved: as for `save`, a few at once. */
  tryCommand(
    principal: Principal,
    tried: { command: string; commandPatterns?: readonly CommandPattern[] | undefined },
  ): Promise<{ refused: boolean; why: string | null; pattern: string | null }>;
}

export interface ToolPolicyChange {
  blockedTools: readonly ToolName[];
  commandPatterns: readonly CommandPattern[];
  expectedVersion: number;
}

/** @param rules the model gateway's: what is tried is what is enforced */
export function createToolPolicyService({ db }: Database, rules: CommandRules): ToolPolicyService {
  return {
    get: ({ organizationId }) => findToolPolicy(db, organizationId),

    save: async (principal, change) => {
      mustHavePolicy(principal);
      const { commandPatterns: known } = await findToolPolicy(db, principal.organizationId);
      await refuseUnusable(rules, newAmong(change.commandPatterns, known));
      const blockedTools = [...new Set(change.blockedTools)];
      const commandPatterns = [...change.commandPatterns];
      const { organizationId, name: updatedBy } = principal;
      return db.transaction(async (tx) => {
        const before = await findToolPolicy(tx, organizationId);
        const saved = await saveToolPolicy(
          tx,
          { organizationId, blockedTools, commandPatterns, updatedBy },
          change.expectedVersion,
        );
        if (!saved) throw changedMeanwhile(await findToolPolicy(tx, organizationId));
        await recordAudit(tx, organizationId, {
          actor: { type: 'person', id: principal.userId, name: principal.name },
          action: 'tool_policy.saved',
          target: { type: 'tool_policy', id: organizationId, name: 'Tool policy' },
          outcome: 'allowed',
          detail: { version: saved.version, ...differenceOf(before, saved) },
        });
        await markAgents(tx, organizationId, 'all');
        return saved;
      });
    },

    tryCommand: async (principal, { command, commandPatterns }) => {
      const saved = (await findToolPolicy(db, principal.organizationId)).commandPatterns;
      const patterns = commandPatterns ?? saved;
      const unsaved = newAmong(patterns, saved);
      if (unsaved.length > 0) mustHavePolicy(principal);
      if (unsaved.length > mostTried) throw tooManyTried();
      await refuseUnusable(rules, unsaved);
      const by = rules.refusedBy([command], patterns);
      return { refused: by !== null, why: by?.why ?? null, pattern: by?.pattern ?? null };
    },
  };
}

function mustHavePolicy({ permissions }: Principal): void {
  if (permissions?.includes('policy')) return;
  throw new ClawpoolError(
    'not_allowed',
    'What holds for everybody is changed by admins with the permission “policy”.',
    'Ask an admin who has it: Employees shows who.',
  );
}

/** Those that were looked at when they were saved need not be again: it takes up to a second each. */
const newAmong = (patterns: readonly CommandPattern[], known: readonly CommandPattern[]) =>
  patterns.filter(({ pattern }) => known.every((one) => one.pattern !== pattern));

/** Everybody else has a turn between two patterns: looking at one keeps this thread for up to a second. */
async function refuseUnusable(rules: CommandRules, patterns: readonly CommandPattern[]): Promise<void> {
  for (const { pattern } of patterns) {
    await setImmediate();
    const problem = rules.problemOf(pattern);
    if (problem === null) continue;
    const hint = 'Every command of every agent is compared with it, so it has to be right and quick.';
    throw new ClawpoolError('invalid_request', `The pattern ${pattern} cannot be used. ${problem}`, hint, {
      details: { pattern, problem },
    });
  }
}

/** Patterns that are not saved yet, of one attempt. */
const mostTried = 5;

const tooManyTried = () =>
  new ClawpoolError(
    'invalid_request',
    `At most ${mostTried} new patterns can be tried at once.`,
    'Save those that are right, then try the others.',
  );

const changedMeanwhile = (now: ToolPolicy) =>
  new ClawpoolError(
    'conflict',
    `${now.updatedBy === '' ? 'Somebody' : now.updatedBy} has saved another version meanwhile.`,
    'Look at theirs, then make your change again.',
    { details: now },
  );

function differenceOf(before: ToolPolicy, after: ToolPolicy) {
  const missingIn = <T>(of: readonly T[], among: readonly T[]) => of.filter((one) => !among.includes(one));
  const patterns = ({ commandPatterns }: ToolPolicy) => commandPatterns.map(({ pattern }) => pattern);
  return {
    blocked: missingIn(after.blockedTools, before.blockedTools),
    unblocked: missingIn(before.blockedTools, after.blockedTools),
    patternsAdded: missingIn(patterns(after), patterns(before)),
    patternsRemoved: missingIn(patterns(before), patterns(after)),
  };
}
