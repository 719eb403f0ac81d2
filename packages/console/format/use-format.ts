import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { currentLanguage, tagOf } from '../language/language.ts';
import { formatBytes } from './bytes.ts';
import { formatMilliseconds } from './milliseconds.ts';
import { agoOf, dayGroupOf } from './time.ts';

/** Formats in the person's language and time zone. */
export function useFormat() {
  const { t, i18n } = useTranslation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the tag follows the language
  return useMemo(() => {
    const locale = tagOf(currentLanguage());
    const { date, dayOfYear, time, exactTime, full } = formattersOf(locale);
    return {
      locale,
      time: (at: number) => time.format(at),
      exactTime: (at: number) => exactTime.format(at),
      /** For a title: everything there is to know about the moment. */
      full: (at: number) => full.format(at),
      bytes: (bytes: number) => formatBytes(bytes, locale),
      /** `10 Mar 2026` */
      date: (at: number) => date.format(at),
      milliseconds: (ms: number) => formatMilliseconds(ms, locale),
      ago: (at: number, now: number) => {
        const ago = agoOf(at, now);
        if (ago.unit === 'now') return t('time.now');
        if (ago.unit === 'minutes') return t('time.minutesAgo', { count: ago.count });
        if (ago.unit === 'hours') return t('time.hoursAgo', { count: ago.count });
        if (ago.unit === 'days') return t('time.daysAgo', { count: ago.count });
        return date.format(at);
      },
      /** `Today`, `Yesterday`, or the date. */
      day: (at: number, now: number) => {
        const group = dayGroupOf(at, now);
        if (group === 'today') return t('time.today');
        if (group === 'yesterday') return t('time.yesterday');
        return new Date(at).getFullYear() === new Date(now).getFullYear() ? dayOfYear.format(at) : date.format(at);
      },
      /** `4 s`, `2 min 5 s`. */
      duration: (seconds: number) =>
        seconds < 60
          ? t('turn.seconds', { count: seconds })
          : t('turn.minutes', { minutes: Math.floor(seconds / 60), seconds: seconds % 60 }),
    };
  }, [t, i18n.language]);
}

type Formatters = ReturnType<typeof makeFormatters>;
const made = new Map<string, Formatters>();

/** Made once per language: one costs a browser as much as a table's cell, and a table has a thousand cells. */
function formattersOf(locale: string): Formatters {
  const known = made.get(locale) ?? makeFormatters(locale);
  made.set(locale, known);
  return known;
}

const makeFormatters = (locale: string) => ({
  date: new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }),
  dayOfYear: new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long' }),
  time: new Intl.DateTimeFormat(locale, { timeStyle: 'short' }),
  exactTime: new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }),
  full: new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }),
});

/** The present moment in milliseconds, renewed every `everyMs`; stands still while `everyMs` is null. */
export function useNow(everyMs: number | null): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (everyMs === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
