/** How a command line's texts become values; each throws what commander shows as wrong usage. */
import { type Tags, type Timetable, tags, timetable } from '@clawpool/contracts';
import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

/** A whole number within bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** A decimal number, greater than zero. */
export function positiveNumber(text: string): number {
  const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (number > 0) return number;
  throw new InvalidArgumentError('It must be a number greater than 0.');
}

/** What `none` on a command line is until `given` makes it null: commander takes a parser's null for an empty text. */
const none = { none: true } as const;
export type None = typeof none;

/** A whole number, or `none` for no limit. */
export const wholeNumberOrNone = (text: string): number | None =>
  text === 'none' ? none : wholeNumber(0, 1_000_000_000)(text);

/** A decimal number, or `none` for no limit. */
export const numberOrNone = (text: string): number | None => (text === 'none' ? none : positiveNumber(text));

/** Sizes as people write them, in MiB: `512`, `512M`, `2G`. */
export function megabytes(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)([mg]?)(?:i?b)?$/i.exec(text) ?? [];
  if (number !== '') return Number(number) * (unit.toLowerCase() === 'g' ? 1024 : 1);
  throw new InvalidArgumentError('It must be a size such as 512M or 2G.');
}

/** For an option that may be given several times. */
export const collected = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** `--tag key:value`, several times. */
export function tag(text: string, before: Tags = {}): Tags {
  const at = text.indexOf(':');
  const result = tags.safeParse({ ...before, [text.slice(0, Math.max(0, at))]: text.slice(at + 1) });
  if (at > 0 && result.success) return result.data;
  throw new InvalidArgumentError('It must be key:value; the key has no space, comma, colon or equals sign.');
}

/** `09:00-18:00`, `09:00-18:00 mon,tue Europe/Berlin`, or `none`. */
export function office(text: string): Timetable | None {
  if (text === 'none') return none;
  const [hours = '', ...rest] = text.trim().split(/\s+/);
  const [start, stop] = hours.split('-');
  const days = rest.find((part) => /^(mon|tue|wed|thu|fri|sat|sun)(,|$)/.test(part));
  const timezone = rest.find((part) => part !== days);
  const result = timetable.safeParse({ start, stop, days: days?.split(','), timezone });
  if (result.success && rest.length <= 2) return result.data;
  const why = result.success ? 'too many parts' : z.prettifyError(result.error);
  throw new InvalidArgumentError(`It must look like "09:00-18:00 mon,tue Europe/Berlin" (${why}).`);
}

/** Hours until something expires, or `none`. */
export const hoursOrNone = (text: string): number | None => (text === 'none' ? none : wholeNumber(1, 8760)(text));

/** A time, as ISO 8601. */
export function instant(text: string): string {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError('It must be a time such as 2026-01-31T12:00:00Z.');
  return at.toISOString();
}

type Given<T> = T extends undefined ? never : T extends None ? null : T;

/** Only what was given, with null for `none`: a setting that is left out is not a setting to undefined. */
export function given<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: Given<T[K]> } {
  const found = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(found.map(([name, value]) => [name, value === none ? null : value])) as never;
}
