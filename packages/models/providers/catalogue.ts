import type { ModelSettings } from '../settings.ts';
import { demoSettings } from './demo/settings.ts';
import type { ModelProvider } from './provider.ts';

/**
 * The providers that the settings configure, by the first part of their model references. Each is loaded with its client library
 * when it is first asked: a gateway that only serves the demo model loads none.
 */
export function configuredProviders(settings: ModelSettings): ReadonlyMap<string, () => Promise<ModelProvider>> {
  const { anthropic, openai, bedrock, demo } = settings.providers;
  const providers = new Map<string, () => Promise<ModelProvider>>();
  const add = (name: string, load: () => Promise<ModelProvider>) => {
    let loaded: Promise<ModelProvider> | undefined;
    providers.set(name, () => {
      loaded ??= load();
      return loaded;
    });
  };

  add('demo', async () => (await import('./demo/index.ts')).createDemoProvider(demo ?? demoSettings.parse({})));
  if (anthropic) {
    add('anthropic', async () => (await import('./anthropic/index.ts')).createAnthropicProvider(anthropic));
  }
  if (openai) {
    add(openai.name ?? 'openai', async () =>
      (await import('./openai-compatible/index.ts')).createOpenAIProvider(openai),
    );
  }
  if (bedrock) {
    add('bedrock', async () => (await import('./bedrock/index.ts')).createBedrockProvider(bedrock));
  }
  return providers;
}
