/** Whether a host is one of those that are named: `api.example.com` is itself, `*.example.com` everything below it and not itself. */
export function isAmong(host: string, named: readonly string[]): boolean {
  return named.some((name) => (name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name));
}
