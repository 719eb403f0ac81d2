import { ClawpoolError } from '@clawpool/contracts';
import { z } from 'zod';
import { anthropicDefaultModel, anthropicSettings } from './providers/anthropic/settings.ts';
import { bedrockDefaultModel, bedrockSettings } from './providers/bedrock/settings.ts';
import { demoSettings } from './providers/demo/settings.ts';
import { openaiDefaultModel, openaiSettings } from './providers/openai-compatible/settings.ts';

/** `provider/model`; the model's own name may have slashes. */
const modelReference = z.string().regex(/^[a-z][a-z0-9-]*\/\S+$/, 'use the form provider/model');

/** Which models the gateway can reach, and which it uses unless a policy says otherwise. */
export const modelSettings = z.object({
  providers: z
    .object({
      anthropic: anthropicSettings.optional(),
      openai: openaiSettings.optional(),
      bedrock: bedrockSettings.optional(),
      demo: demoSettings.optional(),
    })
    .default({}),
  /** First choice. Absent: the default model of the first provider configured, in the order above; `demo/demo` without any. */
  model: modelReference.optional(),
  /** Asked when the first choice cannot answer. Absent: none. */
  fallback: modelReference.optional(),
});
export type ModelSettings = z.infer<typeof modelSettings>;

/**
 * What the environment says of models, not looked at yet: other settings may come below it. Pure: the caller hands the environment over.
 * Knows ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL, OPENAI_API_KEY, OPENAI_BASE_URL, AWS_REGION (or AWS_DEFAULT_REGION) with
 * AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), AWS_PROFILE or AWS_BEARER_TOKEN_BEDROCK, CLAWPOOL_MODEL
 * and CLAWPOOL_FALLBACK_MODEL. Empty values count as absent.
 */
export function modelEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const read = (name: string): string | undefined => env[name]?.trim() || undefined;
  const providers: Record<string, unknown> = {};
  if (read('ANTHROPIC_API_KEY')) {
    providers.anthropic = present({ apiKey: read('ANTHROPIC_API_KEY'), baseUrl: read('ANTHROPIC_BASE_URL') });
  }
  if (read('OPENAI_API_KEY')) {
    providers.openai = present({ apiKey: read('OPENAI_API_KEY'), baseUrl: read('OPENAI_BASE_URL') });
  }
  if (read('AWS_ACCESS_KEY_ID') || read('AWS_PROFILE') || read('AWS_BEARER_TOKEN_BEDROCK')) {
    const region = read('AWS_REGION') ?? read('AWS_DEFAULT_REGION');
    // AWS credentials are often there for other reasons: they select Bedrock only together with a region.
    if (region) {
      providers.bedrock = present({
        region,
        profile: read('AWS_PROFILE'),
        accessKeyId: read('AWS_ACCESS_KEY_ID'),
        secretAccessKey: read('AWS_SECRET_ACCESS_KEY'),
        sessionToken: read('AWS_SESSION_TOKEN'),
        bearerToken: read('AWS_BEARER_TOKEN_BEDROCK'),
      });
    }
  }
  return present({ providers, model: read('CLAWPOOL_MODEL'), fallback: read('CLAWPOOL_FALLBACK_MODEL') });
}

/**
 * The settings of all sources together, checked as a whole. Throws ClawpoolError `invalid_request` naming the setting that is wrong, and never
 * its value; `nameOf` turns a path such as `providers.openai.baseUrl` into the name under which the person knows it.
 */
export function parseModelSettings(input: unknown, nameOf: (path: string) => string = variableOf): ModelSettings {
  const parsed = modelSettings.safeParse(input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = nameOf(issue?.path.join('.') ?? '');
    throw new ClawpoolError(
      'invalid_request',
      `The model setting ${name} is not valid: ${issue?.message ?? 'unknown reason'}.`,
      `Correct ${name} and start again.`,
    );
  }
  for (const setting of ['model', 'fallback'] as const) {
    const reference = parsed.data[setting];
    if (reference && !providerNames(parsed.data).includes(providerOf(reference))) {
      const name = nameOf(setting);
      throw new ClawpoolError(
        'invalid_request',
        `${name} is ${reference}, but no provider ${providerOf(reference)} is configured.`,
        `Configured: ${providerNames(parsed.data).join(', ')}. Give the provider its key, or change ${name}.`,
      );
    }
  }
  const { providers, model } = parsed.data;
  if (model === undefined && !providers.anthropic && providers.openai?.baseUrl) {
    throw new ClawpoolError(
      'invalid_request',
      `${nameOf('providers.openai.baseUrl')} is set, but not which model to use there.`,
      `Set ${nameOf('model')}, for example to openai/qwen3:8b.`,
    );
  }
  return parsed.data;
}

/** The references to use, first choice first. */
export function modelPreferences(settings: ModelSettings): [string, ...string[]] {
  const first = settings.model ?? defaultModel(settings);
  return settings.fallback && settings.fallback !== first ? [first, settings.fallback] : [first];
}

/** A reference in its two parts. */
export function splitReference(reference: string): { provider: string; model: string } {
  const slash = reference.indexOf('/');
  return { provider: reference.slice(0, slash), model: reference.slice(slash + 1) };
}

function defaultModel(settings: ModelSettings): string {
  const { anthropic, openai, bedrock } = settings.providers;
  if (anthropic) return `anthropic/${anthropicDefaultModel}`;
  if (openai) return `${openai.name ?? 'openai'}/${openaiDefaultModel}`;
  if (bedrock) return `bedrock/${bedrockDefaultModel}`;
  return 'demo/demo';
}

function providerNames(settings: ModelSettings): string[] {
  const { anthropic, openai, bedrock } = settings.providers;
  return [
    ...(anthropic ? ['anthropic'] : []),
    ...(openai ? [openai.name ?? 'openai'] : []),
    ...(bedrock ? ['bedrock'] : []),
    'demo',
  ];
}

function providerOf(reference: string): string {
  return splitReference(reference).provider;
}

function present(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** The environment variable that says it. */
function variableOf(path: string): string {
  const variables: Record<string, string> = {
    'providers.anthropic.apiKey': 'ANTHROPIC_API_KEY',
    'providers.anthropic.baseUrl': 'ANTHROPIC_BASE_URL',
    'providers.openai.apiKey': 'OPENAI_API_KEY',
    'providers.openai.baseUrl': 'OPENAI_BASE_URL',
    'providers.bedrock.region': 'AWS_REGION',
    model: 'CLAWPOOL_MODEL',
    fallback: 'CLAWPOOL_FALLBACK_MODEL',
  };
  return variables[path] ?? path;
}
