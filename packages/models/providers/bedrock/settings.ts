import { z } from 'zod';

export const bedrockSettings = z.object({
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'use an AWS region such as us-east-1'),
  /** A profile of the AWS configuration files. */
  profile: z.string().min(1).optional(),
  accessKeyId: z.string().min(1).optional(),
  secretAccessKey: z.string().min(1).optional(),
  sessionToken: z.string().min(1).optional(),
  /** A Bedrock API key, which stands in for AWS credentials. */
  bearerToken: z.string().min(1).optional(),
  /** Another endpoint than the region's own, such as a VPC endpoint. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
});
export type BedrockSettings = z.infer<typeof bedrockSettings>;

/** Claude Sonnet 5.5 by its global inference profile, which every commercial region can call (AWS model cards, November 2026). */
export const bedrockDefaultModel = 'global.anthropic.claude-sonnet-5-5';
