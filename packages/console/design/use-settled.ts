import { useEffect, useState } from 'react';

/** A text that is typed: shown at once, told after a pause of 300 ms. Follows `value` when that changes elsewhere. */
export function useSettled(value: string, onSettled: (text: string) => void): [string, (text: string) => void] {
  const [typed, setTyped] = useState({ text: value, value });
  if (typed.value !== value) setTyped({ text: value, value });
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new text is news
  useEffect(() => {
    if (typed.text === value) return;
    const timer = setTimeout(() => onSettled(typed.text.trim()), 300);
    return () => clearTimeout(timer);
  }, [typed.text]);
  return [typed.text, (text) => setTyped({ text, value })];
}
