import type { QuickAnswers } from '@clawpool/contracts';
import { composeWorkspace } from '@clawpool/workspace';
import { loadAgentDefinition } from '../organization/agent-definition.ts';
import type { Queryable } from '../store/database.ts';
import { pageOfMessages } from './conversation-store.ts';
import type { ClaimedTurn } from './turn-store.ts';

/** Messages of the conversation the model is given, the latest. */
const rememberedMessages = 12;

/** Tokens of a quick answer: it bridges a wait, it does no work. */
const maxTokens = 600;

/** The agent's identity answers without its runtime: no tools, no files. Rejects when the model does not answer. */
export async function* quickAnswer(
  db: Queryable,
  quick: QuickAnswers,
  turn: ClaimedTurn,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { organizationId, tenantId, conversationId } = turn;
  const size = { id: '', contextWindow: 0, maxOutputTokens: maxTokens };
  const agent = await loadAgentDefinition(db, organizationId, tenantId, size);
  const identity = composeWorkspace(agent)
    .filter(({ path }) => path === 'SOUL.md' || path === 'IDENTITY.md')
    .map(({ content }) => content);
  const said = await pageOfMessages(db, organizationId, conversationId, { limit: rememberedMessages });
  const messages = said.messages.flatMap(({ role, text }) => {
    if (text === '' || role === 'note') return [];
    return [{ role: role === 'person' ? ('user' as const) : ('assistant' as const), text }];
  });
  const system = [
    ...identity,
    'You are being started at this moment: your tools, files and memory are not there yet. Answer briefly from what you know. When the',
    'request needs tools, files or memory, say that you will be ready in a moment and that the person should then ask again.',
  ].join('\n');
  yield* quick.answer({ tenantId, turnId: turn.id, system, messages, maxTokens }, signal);
}
