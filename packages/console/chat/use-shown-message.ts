import type { Message } from '@clawpool/contracts';
import { useEffect, useRef } from 'react';
import { messageElementId } from './messages.tsx';

/** Brings the message that a search has led to into view, once, and marks it for a moment. `onShown` stops what scrolls by itself. */
export function useShownMessage(messageId: string | null, messages: readonly Message[], onShown: () => void): void {
  const shown = useRef<string | null>(null);
  const known = messageId !== null && messages.some(({ id }) => id === messageId);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is done then is of no concern
  useEffect(() => {
    if (messageId === null) shown.current = null;
    if (messageId === null || !known || shown.current === messageId) return;
    const element = document.getElementById(messageElementId(messageId));
    if (!element) return;
    shown.current = messageId;
    onShown();
    element.scrollIntoView({ block: 'center', behavior: 'instant' });
    element.animate(
      [
        { backgroundColor: 'var(--selection)', borderRadius: '12px' },
        { backgroundColor: 'transparent', borderRadius: '12px' },
      ],
      { duration: 2_500, easing: 'ease-in' },
    );
  }, [messageId, known]);
}
