/** Paths in a workspace: with `/`, a folder's ends with one; empty is the workspace itself. */

export const isFolderPath = (path: string): boolean => path === '' || path.endsWith('/');

/** As the server names it. */
export const withoutSlash = (path: string): string => path.replace(/\/$/, '');

export const nameOf = (path: string): string => withoutSlash(path).split('/').at(-1) ?? '';

/** The folder that something is in. */
export function parentOf(path: string): string {
  const names = withoutSlash(path).split('/').slice(0, -1);
  return names.length === 0 ? '' : `${names.join('/')}/`;
}

/** Every folder on the way to something, the nearest last; not the workspace itself. */
export function foldersAbove(path: string): string[] {
  const names = withoutSlash(path).split('/').slice(0, -1);
  return names.map((_, index) => `${names.slice(0, index + 1).join('/')}/`);
}

/** What is wrong with the name of something new; null: nothing. The server looks for itself. */
export function nameProblem(name: string): 'empty' | 'unfit' | 'long' | null {
  if (name === '') return 'empty';
  if (new TextEncoder().encode(name).length > 240) return 'long';
  const unfit = /[/\p{Cc}\p{Zl}\p{Zp}]/u.test(name) || name === '.' || name === '..' || name.startsWith('.clawpool-');
  return unfit ? 'unfit' : null;
}
