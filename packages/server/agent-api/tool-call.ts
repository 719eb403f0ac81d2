import { ClawpoolError } from '@clawpool/contracts';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

export interface CallRules {
  /** Asked once for every call. */
  mayCall: () => boolean;
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

const failure = (text: string): CallToolResult => ({ isError: true, content: [{ type: 'text', text }] });
