/**
 * The environment, read once and by a schema. Nobody else reads `process.env`; the linter sees to it.
 * Names and values of a wrong variable are told, except the values of secrets.
 */
import { delimiter, dirname, join } from 'node:path';
import { ClawpoolError } from '@clawpool/contracts';
import { z } from 'zod';

/** An empty variable counts as unset, as everywhere in Unix. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

const environmentSchema = z.object({
  CLAWPOOL_HOME: optional(z.string()),
  CLAWPOOL_DATA: optional(z.string()),
  CLAWPOOL_BIND: optional(z.union([z.ipv4(), z.ipv6(), z.literal('localhost')], 'an IP address, or localhost')),
  CLAWPOOL_PUBLIC_URL: optional(z.url({ protocol: /^https?$/, error: 'an http:// or https:// address' })),
  PORT: optional(z.coerce.number('a number').int('a whole number').min(1, '1 or more').max(65535, '65535 or less')),
  DATABASE_URL: optional(z.string().regex(/^postgres(ql)?:\/\//, 'postgres://user:password@host:port/database')),
  NO_COLOR: optional(z.string()),
  TERM: optional(z.string()),
});

export interface Environment {
  /** Folder of the checkout: where `.clawpool/` and `packages/` are. */
  home: string;
  /** Default data folder, when set. */
  data: string | undefined;
  bind: string | undefined;
  publicUrl: string | undefined;
  port: number | undefined;
  databaseUrl: string | undefined;
  /** False where the person asked for plain text (https://no-color.org) or the terminal cannot do better. */
  color: boolean;
  /** Everything, for the model gateway's own reader of provider keys. */
  variables: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the environment of this process.
 * @throws ClawpoolError `invalid_request` naming the variable and what it may be.
 */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const result = environmentSchema.safeParse(variables);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new ClawpoolError(
      'invalid_request',
      `The environment variable ${String(issue?.path[0])} is not valid: it must be ${issue?.message}.`,
      'Correct it, or unset it to use the default.',
    );
  }
  const read = result.data;
  return {
    home: read.CLAWPOOL_HOME ?? join(import.meta.dirname, '../..'),
    data: read.CLAWPOOL_DATA,
    bind: read.CLAWPOOL_BIND,
    publicUrl: read.CLAWPOOL_PUBLIC_URL,
    port: read.PORT,
    databaseUrl: read.DATABASE_URL,
    color: read.NO_COLOR === undefined && read.TERM !== 'dumb',
    variables,
  };
}

/** The folders in which the machine's programs are looked for. */
export function toolFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}

/** What describes the person and the terminal. */
const ofThePerson = [
  'HOME',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'TZ',
  'CI',
  'TERM',
  'NO_COLOR',
  'XDG_CACHE_HOME',
  'USER',
  'LOGNAME',
];

/** How this machine reaches the registries: a company's own certificates, its proxy, its mirror of npm. In either case. */
const ofTheNetwork =
  /^(?:NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|(?:HTTPS?|NO|ALL)_PROXY|NPM_CONFIG_(?:REGISTRY|CAFILE|CACHE|USERCONFIG|GLOBALCONFIG|(?:HTTPS_|NO)?PROXY))$/iu;

/**
 * What our own build and test tools are started with: where things are and how the registries are reached, and nothing that the
 * person keeps for their own programs. Our Node comes first.
 */
export function toolEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (ofThePerson.includes(entry[0]) || ofTheNetwork.test(entry[0])),
  );
  return {
    ...Object.fromEntries(kept),
    PATH: [dirname(process.execPath), ...toolFolders()].join(delimiter),
    ...extra,
  };
}
