import { type AccessRequest, type ChannelName, ClawpoolError } from '@clawpool/contracts';
import type { Principal } from '../../../organization/principal.ts';
import type { Database } from '../../../store/database.ts';
import { findPendingByCode } from '../requests/access-request-store.ts';
import { findMember } from '../requests/approver-store.ts';
import { codeLength, duration, thing } from '../tell-people.ts';
import { createDecisionService, type DecisionService } from './decision-service.ts';

/** Who writes or presses, as the paired chat says. */
export interface ChatPerson {
  organizationId: string;
  userId: string;
  channel: ChannelName;
}

type Choice = 'once' | 'forever' | 'reject' | number;

/** A press on a button below a request: does it, and resolves with what to say. Null: it is no button of a request. */
export async function pressDecision(database: Database, person: ChatPerson, value: string): Promise<string | null> {
  const [, choice = '', requestId = ''] = /^access:([a-z0-9]{1,8}):([0-9a-f-]{36})$/u.exec(value) ?? [];
  const chosen = choiceOf(choice);
  return chosen === null ? null : decide(database, person, requestId, chosen);
}

/** `/approve CODE once|HOURS|forever`, `/reject CODE`: the same in words. Null: it is no such command. */
export async function writeDecision(database: Database, person: ChatPerson, text: string): Promise<string | null> {
  const [, verb = '', rest = ''] = /^\/(approve|reject)(?:@\w+)?(?:\s+(.*))?$/isu.exec(text.trim()) ?? [];
  if (verb === '') return null;
  const [code = '', how = ''] = rest.trim().toLowerCase().split(/\s+/u);
  const choice = verb.toLowerCase() === 'reject' ? 'reject' : choiceOf(how.replace(/(?<=^\d+)h(ours?)?$/u, ''));
  if (code.length < codeLength || choice === null) return said.usage;
  const [request, another] = await findPendingByCode(database.db, person.organizationId, code);
  if (!request) return said.unknown;
  return another ? said.ambiguous : decide(database, person, request.id, choice);
}

async function decide(database: Database, person: ChatPerson, requestId: string, choice: Choice): Promise<string> {
  // What they may do is looked up now: a button is as old as its message.
  const principal = await findMember(database.db, person.organizationId, person.userId);
  if (!principal?.roles.some((role) => role === 'admin' || role === 'manager')) return said.unknown;
  try {
    const decisions = createDecisionService(database);
    return said.done(await carryOut(decisions, principal, requestId, choice, person.channel), choice);
  } catch (error) {
    if (!(error instanceof ClawpoolError)) throw error;
    return error.code === 'not_found' ? said.unknown : [error.message, error.hint ?? ''].join(' ').trim();
  }
}

function carryOut(
  decisions: DecisionService,
  principal: Principal,
  requestId: string,
  choice: Choice,
  place: ChannelName,
): Promise<AccessRequest> {
  if (choice === 'reject') return decisions.reject(principal, requestId, '', place);
  const mode = choice === 'once' ? 'once' : choice === 'forever' ? 'permanent' : 'until';
  const hours = typeof choice === 'number' ? choice : null;
  return decisions.approve(principal, requestId, { mode, hours, note: '' }, place);
}

function choiceOf(word: string): Choice | null {
  if (word === 'once' || word === 'forever' || word === 'reject') return word;
  return /^[1-9]\d{0,3}$/u.test(word) ? Number(word) : null;
}

const said = {
  usage: 'Write `/approve CODE once`, `/approve CODE 8` (hours), `/approve CODE forever`, or `/reject CODE`.',
  unknown: 'There is no request that waits for you under this code.',
  ambiguous: 'Two requests begin with this code. Decide them in the portal, under Approvals.',
  done: (request: AccessRequest, choice: Choice): string => {
    const what = `${thing(request)} for ${request.employeeName}`;
    if (choice === 'reject') return `Rejected: ${what}. They have been told.`;
    if (request.state === 'pending') return `You have agreed to ${what}. An admin decides now.`;
    const how = choice === 'once' ? 'for one message' : duration(choice === 'forever' ? null : Number(choice));
    return `Approved: ${what}, ${how}. They have been told.`;
  },
};
