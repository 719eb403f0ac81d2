import { z } from 'zod';

export const anthropicSettings = z.object({
  apiKey: z.string().min(1),
  /** Without `/v1`, such as `https://gateway.example.com/anthropic`. Absent: Anthropic itself. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
});
export type AnthropicSettings = z.infer<typeof anthropicSettings>;

/** Anthropic's newest balanced model (https://platform.claude.com/docs/en/models/sonnet-5-5/migration-guide, November 2026). */
export const anthropicDefaultModel = 'claude-sonnet-5-5';
