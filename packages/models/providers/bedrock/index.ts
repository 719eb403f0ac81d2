import type { BedrockRuntimeClientConfig, ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime';
import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import type { FinishReason, ModelEvent, TokenUsage } from '../../exchange.ts';
import type { ModelProvider, VendorError } from '../provider.ts';
import { explainVendorError } from '../provider.ts';
import { converseInput } from './request.ts';
import type { BedrockSettings } from './settings.ts';

/** Amazon Bedrock's Converse API over the AWS SDK. */
export function createBedrockProvider(settings: BedrockSettings): ModelProvider {
  const client = new BedrockRuntimeClient(clientConfiguration(settings));
  return {
    async *stream(request, call) {
      // The SDK does not close its HTTP/2 stream when one stops reading; an abort does.
      const stopped = new AbortController();
      try {
        const command = new ConverseStreamCommand(converseInput(request, call.model));
        const abortSignal = AbortSignal.any([call.signal, stopped.signal]);
        const response = await client.send(command, { abortSignal });
        yield* eventsOf(response.stream ?? []);
      } catch (error) {
        throw explainVendorError(readAwsError(error, call.model));
      } finally {
        stopped.abort();
      }
    },
  };
}

function clientConfiguration(settings: BedrockSettings): BedrockRuntimeClientConfig {
  const configuration: BedrockRuntimeClientConfig = {
    region: settings.region,
    // The gateway retries, for all providers alike.
    maxAttempts: 1,
  };
  if (settings.endpoint) configuration.endpoint = settings.endpoint;
  if (settings.profile) configuration.profile = settings.profile;
  if (settings.bearerToken) {
    configuration.token = { token: settings.bearerToken };
    configuration.authSchemePreference = ['httpBearerAuth'];
  } else if (settings.accessKeyId && settings.secretAccessKey) {
    configuration.credentials = {
      accessKeyId: settings.accessKeyId,
      secretAccessKey: settings.secretAccessKey,
      ...(settings.sessionToken ? { sessionToken: settings.sessionToken } : {}),
    };
  }
  return configuration;
}

async function* eventsOf(
  events: AsyncIterable<ConverseStreamOutput> | Iterable<ConverseStreamOutput>,
): AsyncGenerator<ModelEvent> {
  let reason: FinishReason | null = null;
  let usage: TokenUsage | null = null;
  for await (const event of events) {
    if (event.contentBlockStart?.start?.toolUse) {
      const { toolUseId, name } = event.contentBlockStart.start.toolUse;
      const index = event.contentBlockStart.contentBlockIndex ?? 0;
      yield { type: 'tool_call', index, id: toolUseId ?? `call_${index}`, name: name ?? '' };
    } else if (event.contentBlockDelta?.delta) {
      const { delta, contentBlockIndex } = event.contentBlockDelta;
      if (delta.text) yield { type: 'text', text: delta.text };
      if (delta.toolUse?.input) {
        yield { type: 'tool_arguments', index: contentBlockIndex ?? 0, text: delta.toolUse.input };
      }
      if (delta.reasoningContent?.text) {
        yield { type: 'reasoning', text: delta.reasoningContent.text, signature: null, redacted: null };
      }
    } else if (event.messageStop) {
      reason = reasonOf(event.messageStop.stopReason ?? 'end_turn');
    } else if (event.metadata?.usage) {
      usage = usageOf(event.metadata.usage);
    } else {
      // Faults arrive as events of their own once the stream is open; the SDK raises most of them, not all.
      const fault = faultOf(event);
      if (fault) throw fault;
    }
  }
  // Usage comes after messageStop and is the last event, so waiting for it delays no text.
  if (reason !== null) yield { type: 'end', reason, usage };
}

function faultOf(event: ConverseStreamOutput): Error | undefined {
  return (
    event.throttlingException ??
    event.serviceUnavailableException ??
    event.internalServerException ??
    event.modelStreamErrorException ??
    event.validationException
  );
}

/** Bedrock counts what it reads from and writes to the cache apart from the other input. */
function usageOf(usage: {
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
  cacheReadInputTokens?: number | undefined;
  cacheWriteInputTokens?: number | undefined;
}): TokenUsage {
  const cached = usage.cacheReadInputTokens ?? 0;
  return {
    inputTokens: (usage.inputTokens ?? 0) + cached + (usage.cacheWriteInputTokens ?? 0),
    outputTokens: usage.outputTokens ?? 0,
    cachedInputTokens: cached,
  };
}

function reasonOf(reason: string): FinishReason {
  switch (reason) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return 'tool_calls';
    case 'guardrail_intervened':
    case 'content_filtered':
      return 'refused';
    default:
      return 'stop';
  }
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html */
function readAwsError(thrown: unknown, model: string): VendorError {
  const error = (thrown ?? {}) as {
    name?: string;
    message?: string;
    $metadata?: { httpStatusCode?: number; requestId?: string };
    $response?: { headers?: Record<string, string> };
  };
  const seconds = Number(error.$response?.headers?.['retry-after'] ?? Number.NaN);
  return {
    vendor: 'Amazon Bedrock',
    model,
    status: statusOfName(error.name ?? '') ?? error.$metadata?.httpStatusCode ?? null,
    code: error.name ?? null,
    text: String(error.message ?? ''),
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : null,
    requestId: error.$metadata?.requestId ?? null,
  };
}

function statusOfName(name: string): number | null {
  switch (name) {
    case 'ThrottlingException':
    case 'ModelNotReadyException':
    case 'ServiceQuotaExceededException':
      return 429;
    case 'AccessDeniedException':
    case 'UnrecognizedClientException':
    case 'ExpiredTokenException':
    case 'InvalidSignatureException':
    case 'CredentialsProviderError':
    case 'TokenProviderError':
      return 403;
    case 'ResourceNotFoundException':
      return 404;
    case 'ValidationException':
      return 400;
    case 'ModelTimeoutException':
      return 408;
    case 'ModelErrorException':
    case 'ModelStreamErrorException':
    case 'InternalServerException':
    case 'ServiceUnavailableException':
      return 503;
    default:
      return null;
  }
}
