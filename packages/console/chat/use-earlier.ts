import type { Message } from '@clawpool/contracts';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { ConversationState } from './conversation-state.ts';

/** The messages before those that are known. */
export interface Earlier {
  /** There are some. */
  more: boolean;
  loading: boolean;
  /** Why the last ones did not come. */
  error: Error | null;
  /** Loads a page, or as many as it takes to reach the message `through`. While some are on their way it does nothing. */
  load(through?: string): void;
}

interface Page {
  messages: readonly Message[];
  more: boolean;
}

export interface EarlierSource {
  page(conversationId: string, query: { before: string; through?: string }): Promise<Page>;
  onPage(conversationId: string, before: string, page: Page): void;
}

interface Wanted {
  conversationId: string;
  before: string;
  through: string | undefined;
}

export function useEarlier(
  conversationId: string | null,
  { messages, more }: ConversationState,
  source: EarlierSource,
): Earlier {
  const shown = useRef(conversationId);
  const busy = useRef(false);
  useEffect(() => {
    shown.current = conversationId;
  }, [conversationId]);

  const { mutate, isPending, error, variables } = useMutation({
    mutationFn: async ({ conversationId, before, through }: Wanted) => {
      let from = before;
      for (;;) {
        const page = await source.page(conversationId, { before: from, ...(through && { through }) });
        source.onPage(conversationId, from, page);
        const first = page.messages[0];
        const reached = through === undefined || page.messages.some(({ id }) => id === through);
        if (reached || !first || !page.more || shown.current !== conversationId) return;
        from = first.id;
      }
    },
    onSettled: () => {
      busy.current = false;
    },
  });

  const before = messages[0]?.id;
  return {
    more,
    loading: isPending,
    error: variables?.conversationId === conversationId ? error : null,
    load: (through) => {
      if (conversationId === null || before === undefined || busy.current) return;
      busy.current = true;
      mutate({ conversationId, before, through });
    },
  };
}
