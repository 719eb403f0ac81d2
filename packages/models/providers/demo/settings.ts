import { z } from 'zod';

export const demoSettings = z.object({
  /** Milliseconds between two pieces of an answer; 0 sends it at once. */
  pauseMs: z.number().int().min(0).max(1000).default(15),
});
export type DemoSettings = z.infer<typeof demoSettings>;
