import type { Message } from '@clawpool/contracts';
import { ArrowUp } from 'lucide-react';
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import type { Earlier } from './use-earlier.ts';

/** Pixels before the beginning at which the messages before it are loaded. */
const lookAhead = 300;

/**
 * Stands above the first message of a scrolled area while there are earlier ones: whoever scrolls up gets them, and so does whoever
 * presses the button. What is being read stays where it is.
 */
export function EarlierMessages({
  area,
  messages,
  earlier,
}: {
  area: RefObject<HTMLElement | null>;
  messages: readonly Message[];
  earlier: Earlier;
}) {
  const { t } = useTranslation();
  const button = useRef<HTMLButtonElement>(null);
  const { more, loading, error } = earlier;
  const oldest = messages[0]?.id ?? null;
  usePlaceKept(area, messages);
  useFocusKept(area, button);

  // biome-ignore lint/correctness/useExhaustiveDependencies: looks anew after every page, also when the button has not moved
  useEffect(() => {
    if (!button.current || !more || loading || error) return;
    const observer = new IntersectionObserver((seen) => seen.some((entry) => entry.isIntersecting) && earlier.load(), {
      root: area.current,
      rootMargin: `${lookAhead}px 0px 0px`,
    });
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [oldest, more, loading, error]);

  return (
    <>
      <p role="status" className="sr-only">
        {loading && t('chat.loadingEarlier')}
      </p>
      {more && (
        <div className="grid justify-items-center gap-3 pb-6">
          {error && !loading && <ProblemNotice error={error} title={t('chat.earlierFailed')} />}
          <Button
            ref={button}
            size="sm"
            kind="ghost"
            // A disabled button would lose the focus.
            aria-disabled={loading}
            onClick={() => earlier.load()}
          >
            <ArrowUp aria-hidden="true" />
            {loading ? t('chat.loadingEarlier') : t('chat.earlier')}
          </Button>
        </div>
      )}
    </>
  );
}

/** Messages that come in above what is read do not move it. */
function usePlaceKept(area: RefObject<HTMLElement | null>, messages: readonly Message[]): void {
  const place = useRef<{ oldest: string | null; fromEnd: number }>({ oldest: null, fromEnd: 0 });
  useEffect(() => {
    const scrolled = area.current;
    const note = () => {
      if (scrolled) place.current.fromEnd = scrolled.scrollHeight - scrolled.scrollTop;
    };
    scrolled?.addEventListener('scroll', note, { passive: true });
    return () => scrolled?.removeEventListener('scroll', note);
  }, [area]);
  useLayoutEffect(() => {
    const scrolled = area.current;
    if (!scrolled) return;
    const oldest = messages[0]?.id ?? null;
    const before = place.current;
    if (before.oldest !== null && before.oldest !== oldest && messages.some(({ id }) => id === before.oldest)) {
      scrolled.scrollTop = scrolled.scrollHeight - before.fromEnd;
    }
    place.current = { oldest, fromEnd: scrolled.scrollHeight - scrolled.scrollTop };
  });
}

/** Whoever pressed the button reads on by keyboard when it goes away with the first message. */
function useFocusKept(area: RefObject<HTMLElement | null>, button: RefObject<HTMLElement | null>): void {
  const focused = useRef(false);
  useLayoutEffect(() => {
    if (focused.current && button.current === null) area.current?.focus({ preventScroll: true });
    focused.current = button.current !== null && document.activeElement === button.current;
  });
}
