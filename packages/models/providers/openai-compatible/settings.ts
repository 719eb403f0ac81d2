import { z } from 'zod';

/** OpenAI, or anything that speaks its chat completions: vLLM, Ollama, LiteLLM, Azure. */
export const openaiSettings = z.object({
  apiKey: z.string().min(1),
  /** With the version part, such as `http://localhost:11434/v1`. Absent: OpenAI itself. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** What model references begin with and people read; `openai` by default. */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'use lower-case letters, digits and hyphens')
    .optional(),
});
export type OpenAISettings = z.infer<typeof openaiSettings>;

/**
 * The newest OpenAI model that calls tools over chat completions: GPT-6.1 Sol and GPT-6 Astra call them over the Responses API
 * only (OpenAI's guide to GPT-6 and its model pages, read in November 2026). Other servers have models of their own, so a base
 * URL needs CLAWPOOL_MODEL.
 */
export const openaiDefaultModel = 'gpt-6-sol';
