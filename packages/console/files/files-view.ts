/** What the Files page shows, in its address. */
export interface FilesView {
  /** A file, or a folder with `/` at its end; absent: the workspace itself. */
  path?: string;
  /** Whose workspace: a tenant's id; absent: one's own agent's. */
  agent?: string;
}

export function filesViewOf(search: Record<string, unknown>): FilesView {
  const path = typeof search.path === 'string' ? search.path.slice(0, 1_000) : '';
  const agent = typeof search.agent === 'string' ? search.agent.slice(0, 64) : '';
  return { ...(path === '' ? {} : { path }), ...(agent === '' ? {} : { agent }) };
}
