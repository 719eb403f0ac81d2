import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type BlobStoreSettings, blobSettingsFromEnvironment, blobStoreSettings } from '@clawpool/checkpoints';
import { ClawpoolError, type DriverName } from '@clawpool/contracts';
import { type ModelSettings, modelEnvironment, parseModelSettings } from '@clawpool/models';
import { z } from 'zod';
import type { Environment } from './env.ts';
import { defaultDataFolder } from './folders.ts';

/** Everything `up` can be told, with every default filled in. */
export interface Configuration {
  /** Port of the console and the API. Default 8099. */
  port: number;
  /** Address to listen on. Default 127.0.0.1: this machine only. */
  bind: string;
  /** Absolute path. Default `.clawpool/data` in the checkout. */
  data: string;
  /** An external PostgreSQL; undefined: the embedded one below `data`. */
  databaseUrl: string | undefined;
  /** How people reach the console when that is not `http://bind:port`: the address of the proxy before it. */
  publicUrl: string | undefined;
  /** Addresses or networks of the proxies whose `X-Forwarded-*` headers are believed. Default: none. */
  trustedProxies: string[];
  /** Undefined: the best the machine can do. */
  driver: DriverName | undefined;
  /** Consent to run agents without isolation. Default false. */
  unsafeProcessDriver: boolean;
  /** Seed the sample organization. Default false. */
  demo: boolean;
  models: ModelSettings;
  /** Let outgoing webhooks reach addresses inside the own network, which an admin could use to look around in it. Default false. */
  privateWebhooks: boolean;
  /** Agents may also reach addresses of the own network, by name or number and on any port, where a tier or a grant names them. */
  privateEgress: boolean;
  /** Messages that one agent works on at once; the others wait. The control plane’s default unless given. */
  turnsPerAgent?: number | undefined;
  /** Days for which operations, batches and load tests are kept after their end. The control plane’s default unless given. */
  operationsKeptDays?: number | undefined;
  /** Where checkpoints are stored, and with which key. Default: `blobs` below `data`, as they are. */
  blobs: BlobStoreSettings;
}

/** What the command line says; undefined where it says nothing. Paths are relative to the working folder. */
export interface Flags {
  port?: number;
  bind?: string;
  data?: string;
  config?: string;
  demo?: boolean;
  unsafeProcessDriver?: boolean;
}

const describedIn = 'docs/configuration.md describes the file.';

const port = z.int().min(1).max(65535);

/** The file given with --config. Relative paths in it are relative to the file. */
const configurationFile = z.strictObject({
  port: port.optional().describe('a whole number from 1 to 65535'),
  bind: z.string().min(1).optional().describe('an IP address of this machine; "0.0.0.0" for all'),
  data: z.string().min(1).optional().describe('a folder'),
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//)
    .optional()
    .describe('postgres://user:password@host:port/database'),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('an http:// or https:// address'),
  trustedProxies: z
    .array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))
    .optional()
    .describe('a list of addresses or networks, such as ["10.0.0.0/8"]'),
  driver: z.enum(['sandbox', 'process']).optional().describe('"sandbox" or "process"'),
  unsafeProcessDriver: z.boolean().optional().describe('true or false'),
  demo: z.boolean().optional().describe('true or false'),
  privateWebhooks: z.boolean().optional().describe('true or false'),
  privateEgress: z.boolean().optional().describe('true or false'),
  turnsPerAgent: z.int().min(1).max(20).optional().describe('a whole number from 1 to 20'),
  operationsKeptDays: z.int().min(1).max(3650).optional().describe('a whole number of days from 1 to 3650'),
  models: z.record(z.string(), z.unknown()).optional().describe('settings of the model gateway'),
  blobs: blobStoreSettings.optional().describe('where checkpoints are stored'),
});
type ConfigurationFile = z.infer<typeof configurationFile>;

/**
 * Joins what was said where: flags over environment over file over defaults.
 * `warnings` are for the person who starts it.
 * @throws ClawpoolError `invalid_request` naming the source, the key and what is allowed.
 */
export function resolveConfiguration(
  flags: Flags,
  environment: Environment,
  workingFolder: string,
): { configuration: Configuration; warnings: string[] } {
  const path = flags.config === undefined ? undefined : resolve(workingFolder, flags.config);
  const { file, warnings } = path === undefined ? { file: {} as ConfigurationFile, warnings: [] } : readFile(path);
  const data =
    pathFrom(workingFolder, flags.data ?? environment.data) ??
    pathFrom(path === undefined ? workingFolder : dirname(path), file.data) ??
    defaultDataFolder(environment.home);
  const configuration: Configuration = {
    port: flags.port ?? environment.port ?? file.port ?? 8099,
    bind: flags.bind ?? environment.bind ?? file.bind ?? '127.0.0.1',
    data,
    databaseUrl: environment.databaseUrl ?? file.databaseUrl,
    publicUrl: environment.publicUrl ?? file.publicUrl,
    trustedProxies: file.trustedProxies ?? [],
    driver: flags.unsafeProcessDriver ? 'process' : file.driver,
    unsafeProcessDriver: flags.unsafeProcessDriver ?? file.unsafeProcessDriver ?? false,
    demo: flags.demo ?? file.demo ?? false,
    privateWebhooks: file.privateWebhooks ?? false,
    privateEgress: file.privateEgress ?? false,
    turnsPerAgent: file.turnsPerAgent,
    operationsKeptDays: file.operationsKeptDays,
    models: resolveModels(environment, file.models, path),
    blobs: resolveBlobs(environment, file.blobs, path),
  };
  return { configuration, warnings };
}

function pathFrom(folder: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(folder, path);
}

function readFile(path: string): { file: ConfigurationFile; warnings: string[] } {
  const result = configurationFile.safeParse(parseJson(path));
  if (!result.success) throw invalidFile(path, result.error);
  return { file: result.data, warnings: holdsSecrets(result.data) ? permissionWarnings(path) : [] };
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // The parser's own message quotes the text, which may be a key: only the place is told.
    const place = /line \d+ column \d+/.exec((error as Error).message)?.[0];
    const why =
      error instanceof SyntaxError
        ? `is not JSON${place ? ` (${place})` : ''}`
        : `cannot be read (${(error as NodeJS.ErrnoException).code})`;
    throw new ClawpoolError('invalid_request', `The configuration file ${path} ${why}.`, describedIn);
  }
}

function invalidFile(path: string, error: z.ZodError): ClawpoolError {
  const [issue] = error.issues;
  if (issue?.code === 'unrecognized_keys') {
    return new ClawpoolError(
      'invalid_request',
      `The configuration file ${path} has an unknown key: ${issue.keys.map((key) => [...issue.path, key].join('.')).join(', ')}.`,
      issue.path.length === 0 ? `Known keys: ${Object.keys(configurationFile.shape).join(', ')}.` : describedIn,
    );
  }
  const key = issue?.path.join('.') || 'the whole file';
  const known = configurationFile.shape[issue?.path[0] as keyof ConfigurationFile];
  const allowed = issue?.path.length === 1 ? known?.description : undefined;
  return new ClawpoolError(
    'invalid_request',
    `In the configuration file ${path}, ${key} is not valid: ${issue?.message}.`,
    allowed ? `Allowed: ${allowed}.` : describedIn,
  );
}

function holdsSecrets(file: ConfigurationFile): boolean {
  const { s3, encryption } = file.blobs ?? {};
  const ofBlobs = s3?.secretAccessKey !== undefined || encryption?.keys !== undefined;
  return file.models !== undefined || file.databaseUrl !== undefined || ofBlobs;
}

function permissionWarnings(path: string): string[] {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) === 0) return [];
  return [
    `${path} holds secrets and others on this machine may read it (mode ${mode.toString(8)}). Close it with: chmod 600 ${path}`,
  ];
}

/** The environment's settings lie over the file's, key by key. */
function resolveModels(
  environment: Environment,
  fromFile: ConfigurationFile['models'],
  path: string | undefined,
): ModelSettings {
  const fromEnvironment = modelEnvironment(environment.variables);
  if (fromFile === undefined || path === undefined) return parseModelSettings(fromEnvironment);
  const joined = overlay(fromFile, fromEnvironment);
  const settings = parseModelSettings(joined, (key) => `models.${key} (in ${path}, or by the environment)`);
  const [unknown] = unknownKeys(joined, settings);
  if (unknown === undefined) return settings;
  throw new ClawpoolError(
    'invalid_request',
    `The configuration file ${path} has an unknown key: models.${unknown}.`,
    describedIn,
  );
}

/** Keys of the environment come in the place of the file's. A folder is relative to the file. */
function resolveBlobs(
  environment: Environment,
  fromFile: ConfigurationFile['blobs'],
  path: string | undefined,
): BlobStoreSettings {
  const { folder, encryption, ...settings } = fromFile ?? {};
  const fromEnvironment = blobSettingsFromEnvironment(environment.variables).encryption;
  const keys = { ...encryption, ...fromEnvironment };
  return {
    ...settings,
    ...(folder === undefined || path === undefined ? {} : { folder: resolve(dirname(path), folder) }),
    ...(Object.keys(keys).length === 0 ? {} : { encryption: keys }),
  };
}

type Json = Record<string, unknown>;

function overlay(below: Json, above: Json): Json {
  const joined = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = joined[key];
    joined[key] = isRecord(value) && isRecord(under) ? overlay(under, value) : (value ?? under);
  }
  return joined;
}

/** Keys that were given and that the schema did not take over, as paths. */
function unknownKeys(given: Json, taken: Json): string[] {
  return Object.entries(given).flatMap(([key, value]) => {
    if (!(key in taken)) return [key];
    const inside = taken[key];
    return isRecord(value) && isRecord(inside) ? unknownKeys(value, inside).map((rest) => `${key}.${rest}`) : [];
  });
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
