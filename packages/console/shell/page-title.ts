import { useEffect } from 'react';

/** The page's name in the browser's tab and history. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Clawpool`;
  }, [title]);
}
