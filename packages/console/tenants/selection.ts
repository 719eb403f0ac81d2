/** Rows that are chosen: some by their ids (with the names that a question about them shows), or every one that fits the filter. */
export type Selection = { ids: ReadonlyMap<string, string>; everything: boolean };

export const nothing: Selection = { ids: new Map(), everything: false };

/** With these rows chosen, or not any more. Rows of other pages stay as they are; "everything" ends with the first exception. */
export function withRows(
  { ids }: Selection,
  rows: readonly { id: string; name: string }[],
  chosen: boolean,
): Selection {
  const next = new Map(ids);
  for (const { id, name } of rows) {
    if (chosen) next.set(id, name);
    else next.delete(id);
  }
  return { ids: next, everything: false };
}

/** How many of a page's rows are chosen: what its own box shows. */
export function stateOfRows({ ids, everything }: Selection, rows: readonly { id: string }[]): 'none' | 'some' | 'all' {
  if (rows.length === 0) return 'none';
  if (everything) return 'all';
  const chosen = rows.filter(({ id }) => ids.has(id)).length;
  if (chosen === 0) return 'none';
  return chosen === rows.length ? 'all' : 'some';
}

export const sizeOf = ({ ids, everything }: Selection, total: number): number => (everything ? total : ids.size);
