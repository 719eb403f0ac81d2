import type { Message } from '@clawpool/contracts';
import { useEffect, useRef } from 'react';
import { messageElementId } from './messages.tsx';
import type { Earlier } from './use-earlier.ts';

/**
 * Brings the message that a search has led to into view, once, and marks it for a moment; one that is further back is loaded first.
 * `onShown` stops what scrolls by itself.
 */
export function useShownMessage(
  messageId: string | null,
  messages: readonly Message[],
  { more, loading, error, load }: Earlier,
  onShown: () => void,
): void {
  const shown = useRef<string | null>(null);
  const known = messageId !== null && messages.some(({ id }) => id === messageId);
  const missing = messageId !== null && !known && messages.length > 0 && more && !loading && error === null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for a message that is not there yet
  useEffect(() => {
    if (missing) load(messageId);
  }, [messageId, missing]);
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
