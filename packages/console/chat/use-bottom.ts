import { useCallback, useEffect, useRef, useState } from 'react';

/** Pixels from the end within which a reader counts as being at it. */
const tolerance = 64;

/**
 * Keeps a scrolled area at its end while it grows, as long as the reader is there. Whoever has scrolled up reads, and is
 * left in peace.
 */
export function useBottom() {
  const area = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const [atBottom, setAtBottom] = useState(true);

  const toBottom = useCallback(() => {
    stuck.current = true;
    setAtBottom(true);
    area.current?.scrollTo({ top: area.current.scrollHeight, behavior: 'instant' });
  }, []);

  /** Something above is to be looked at: the end is left, as by a reader. */
  const leave = useCallback(() => {
    stuck.current = false;
  }, []);

  useEffect(() => {
    const scrolled = area.current;
    const grown = content.current;
    if (!scrolled || !grown) return;
    let before = scrolled.scrollTop;
    const look = () => {
      const distance = scrolled.scrollHeight - scrolled.scrollTop - scrolled.clientHeight;
      const upwards = scrolled.scrollTop < before;
      before = scrolled.scrollTop;
      // The first pixels upwards already say that somebody wants to read; what shrinks at the end moves upwards too.
      stuck.current = distance < 2 || (distance < tolerance && !upwards);
      setAtBottom(distance < tolerance);
    };
    const observer = new ResizeObserver(() => {
      if (stuck.current) scrolled.scrollTo({ top: scrolled.scrollHeight, behavior: 'instant' });
      else look();
    });
    observer.observe(grown);
    observer.observe(scrolled);
    scrolled.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      scrolled.removeEventListener('scroll', look);
    };
  }, []);

  return { area, content, atBottom, toBottom, leave };
}
