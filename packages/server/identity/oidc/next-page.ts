/** Where the console goes after a sign-in: a page of this site, or its start. A link from outside cannot plant another site. */
export function nextPage(wanted: string | undefined): string {
  if (!wanted?.startsWith('/')) return '/';
  const here = 'http://here.invalid';
  // As browsers read it: they drop tabs and newlines, and take a backslash for a slash.
  if (!URL.canParse(wanted, here)) return '/';
  const { origin, pathname, search, hash } = new URL(wanted, here);
  if (origin !== here || pathname.startsWith('//') || /^\/(sign-in|password|api)(\/|$)/u.test(pathname)) return '/';
  return `${pathname}${search}${hash}`;
}
