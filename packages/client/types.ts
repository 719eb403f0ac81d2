/** The types of the API, read off contracts' route table. Nothing here exists at run time. */
import type { Routes } from '@clawpool/contracts';
import type { z } from 'zod';

/** Endpoints that answer with Server-Sent Events. */
export type EventName = NameOf<{ events: z.ZodType }>;
/** Endpoints that answer with a file. */
export type DownloadName = NameOf<{ download: string }>;
/** Endpoints that take in a file. */
export type UploadName = NameOf<{ upload: string }>;
/** Endpoints that take a value and answer once with one. */
export type CallName = Exclude<keyof Routes, EventName | DownloadName | UploadName>;

type NameOf<Kind> = { [N in keyof Routes]: Routes[N] extends Kind ? N : never }[keyof Routes];

/** What a call takes: `params`, `query` and `body`, each only where the route has it. */
export type CallInput<N extends keyof Routes> = PartOf<N, 'params'> & PartOf<N, 'query'> & PartOf<N, 'body'>;
export type EventInput<N extends EventName> = CallInput<N>;

export type CallResult<N extends CallName | UploadName> = Routes[N] extends { response: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

export type StreamEvent<N extends EventName> = Routes[N] extends { events: infer S extends z.ZodType }
  ? z.output<S>
  : never;

/** The input argument may be left out where nothing in it is required. */
export type InputArgument<N extends keyof Routes, Rest extends unknown[]> =
  Record<string, never> extends CallInput<N> ? [input?: CallInput<N>, ...Rest] : [input: CallInput<N>, ...Rest];

type PartOf<N extends keyof Routes, Part extends 'params' | 'query' | 'body'> =
  Routes[N] extends Record<Part, infer S extends z.ZodType>
    ? Record<string, never> extends Writable<z.input<S>>
      ? { [P in Part]?: Writable<z.input<S>> }
      : { [P in Part]: Writable<z.input<S>> }
    : unknown;

/** A coerced field accepts anything (`unknown`): narrowed to what fits in a URL. Undefined leaves an optional field out. */
type Writable<T> = {
  [K in keyof T]: unknown extends T[K] ? string | number | boolean | undefined : T[K] | UndefinedWhereOptional<T, K>;
};
type UndefinedWhereOptional<T, K extends keyof T> = Record<string, never> extends Pick<T, K> ? undefined : never;
