import type { QuickAnswers } from '@clawpool/contracts';
import type { AnswerOptions } from './answer.ts';
import { askModels, CallCancelled } from './attempts.ts';
import { ProviderError } from './providers/provider.ts';

/**
 * The model's answers without a runtime: the tenant's policy and models, its meter, no tools. A model that calls one all the same has said
 * nothing.
 *
 * @param running what is ended when the gateway closes
 */
export function quickAnswers(
  options: Pick<AnswerOptions, 'ports' | 'providers' | 'now' | 'random' | 'wait' | 'owe'>,
  running: Set<AbortController>,
): QuickAnswers {
  const { ports, owe } = options;

  return {
    async *answer({ tenantId, turnId, system, messages, maxTokens }, signal) {
      const arrivedAt = options.now();
      const policy = await ports.policyFor(tenantId);
      if (policy === null) throw new Error('This agent may not call models at the moment.');
      const closing = new AbortController();
      running.add(closing);
      const { promise: told, resolve: tell } = Promise.withResolvers<void>();
      // The gateway closes when all has been told of this one, too.
      owe(told);
      const either = AbortSignal.any([signal, closing.signal]);
      const answered = askModels({
        request: {
          system,
          messages: messages.map(({ role, text }) => ({ role, content: [{ type: 'text', text }] })),
          tools: [],
          toolChoice: 'none',
          maxTokens,
          temperature: null,
          stop: [],
        },
        models: policy.models,
        providers: options.providers,
        signal: either,
        turn: `${tenantId}/${turnId}/quick`,
        arrivedAt,
        now: options.now,
        random: options.random,
        wait: options.wait,
        record: (attempt) => {
          owe(ports.recordUsage({ organizationId: policy.organizationId, tenantId, turnId, ...attempt }));
        },
      });
      let said = false;
      try {
        for await (const event of answered) {
          if (event.type !== 'text' || event.text === '') continue;
          said = true;
          yield event.text;
        }
      } catch (error) {
        if (error instanceof CallCancelled) return;
        throw error instanceof ProviderError ? new Error(error.message, { cause: error }) : error;
      } finally {
        await answered.return(undefined);
        running.delete(closing);
        tell();
      }
      if (!said) throw new Error('The model had nothing to say without tools.');
    },
  };
}
