import { ClawpoolError } from '@clawpool/contracts';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

export interface CallRules {
  /** Asked once for every call. */
  mayCall: () => boolean;
  /** Whether somebody only tries the agent out just now. Asked before every call that would change something. */
  isTest: () => Promise<boolean>;
  onError: (error: unknown) => void;
}

/** Does what a tool is called for. What goes wrong is a result that says what to do, so that the agent can correct itself. */
export function createAttempt({ mayCall, onError }: CallRules) {
  return async (work: () => Promise<unknown>): Promise<CallToolResult> => {
    if (!mayCall()) return failure('You have called too often. Wait a minute, then go on.');
    try {
      return { content: [{ type: 'text', text: JSON.stringify(await work(), null, 1) }] };
    } catch (error) {
      if (error instanceof ClawpoolError) return failure([error.message, error.hint].filter(Boolean).join(' '));
      onError(error);
      return failure(
        'This went wrong on our side. Try again in a minute; if it stays so, tell the person you work for.',
      );
    }
  };
}

/** The same for what changes something outside of the agent: not while somebody only tries the agent out, since it would be real. */
export function createChange(rules: CallRules) {
  const attempt = createAttempt(rules);
  return (work: () => Promise<unknown>): Promise<CallToolResult> =>
    attempt(async () => {
      if (await rules.isTest()) throw onlyATest();
      return work();
    });
}

const onlyATest = () =>
  new ClawpoolError(
    'not_allowed',
    'Nothing was done: an administrator only tries you out in the playground, where you change nothing for the people you work for.',
    'Say what you would have done, and that it works in a conversation of theirs.',
  );

const failure = (text: string): CallToolResult => ({ isError: true, content: [{ type: 'text', text }] });
