import type { Principal } from '../organization/principal.ts';

/** What admins start a conversation with instead of a tenant’s id, since its tenant may not be there yet. */
export const assistantAddress = 'assistant';

export const assistantName = 'Admin assistant';

/** Of its tenant, where no other has it. */
export const assistantTenantName = 'assistant';

export const mayAskAssistant = ({ roles }: Pick<Principal, 'roles'>): boolean => roles.includes('admin');

/** By which it looks things up in the control plane: names on its MCP server. None changes anything. */
export const lookups = [
  'list_employees',
  'get_employee',
  'list_departments_and_positions',
  'get_soul',
  'usage_report',
  'service_health',
  'audit_log',
  'list_bindings',
] as const;
export type Lookup = (typeof lookups)[number];

/** The same as OpenClaw names them: those of the MCP server `clawpool`. */
export const lookupToolNames: readonly string[] = lookups.map((name) => `clawpool__${name}`);
