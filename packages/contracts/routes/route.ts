import type { z } from 'zod';
import type { Role } from '../roles.ts';

/**
 * One endpoint: its address, who may call it, and the shapes that go in and out. The server registers it, the OpenAPI
 * description is generated from it, and the client is typed by it; there is no second list.
 */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with `:parameters`, without the `/api/v1` before it. */
  path: string;
  tag:
    | 'Session'
    | 'Installation'
    | 'Conversations'
    | 'Sessions'
    | 'Channels'
    | 'Routing'
    | 'Schedules'
    | 'Integrations'
    | 'Public API'
    | 'Twins'
    | 'Tenants'
    | 'Backups'
    | 'Pool'
    | 'Skills'
    | 'Organization'
    | 'Identity'
    | 'Directory'
    | 'Governance'
    | 'Approvals'
    | 'Files'
    | 'Audit';
  summary: string;
  /**
   * `public`: anybody. `signed-in`: any role, own things only (the use case scopes them). A list: these roles. `api-key`: an
   * integrator's key and nobody else; the use case checks the key's scopes and tenants.
   */
  access: 'public' | 'signed-in' | 'api-key' | readonly [Role, ...Role[]];
  /**
   * Whose things it is about, for whoever the role lets in. `organization`: all of the caller's organization. `departments`: the same, but a manager
   * reaches their own department and what is below it, and nothing else. `own`: the caller's own. `installation`: its
   * machines. Absent on public routes and those of API keys alone; a test holds every other one to what it says.
   */
  scope?: 'installation' | 'organization' | 'departments' | 'own';
  /** Reachable while a new password or a second factor is due. */
  beforePasswordChange?: boolean;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodObject | z.ZodDiscriminatedUnion;
  /** The request's body is one file of this media type, streamed to the handler; there is no `body` then. */
  upload?: string;
  /** Status of the success response; 200 unless told. 302: the handler says where to, in the `location` header. */
  status?: 200 | 201 | 202 | 204 | 302;
  /** Absent: no body. */
  response?: z.ZodType;
  /** The answer is one file of this media type, streamed; there is no `response` then. */
  download?: string;
  /** Server-Sent Events: each `data:` line is one JSON value of this shape. */
  events?: z.ZodType;
}

/** Keeps the exact types of a route for the client. */
export const route = <const R extends Route>(definition: R): R => definition;
