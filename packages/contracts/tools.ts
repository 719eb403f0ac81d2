import { z } from 'zod';

/** The six things an agent may be allowed to do, in the organization's words. A version profile maps them to OpenClaw's tools. */
export const toolName = z.enum(['web_search', 'shell', 'browser', 'file', 'file_write', 'code_execution']);
export type ToolName = z.infer<typeof toolName>;
export const toolNames = toolName.options;
