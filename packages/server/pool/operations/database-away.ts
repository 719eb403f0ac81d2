/** Classes of PostgreSQL's errors that say nothing about what was asked: connection, resources, operator intervention, retry. */
const passing = /^(08|53|57P|40001$|40P01$)/;
const passingSystemCodes: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** The database did not do it because it was away, or had to choose between two: it can be tried again. */
export function isDatabaseAway(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const { code, syscall, message } = cause as Error & { code?: string; syscall?: string };
    if (code !== undefined && passing.test(code)) return true;
    if (code !== undefined && syscall === 'connect' && (passingSystemCodes.has(code) || code === 'ENOENT')) return true;
    if (code !== undefined && passingSystemCodes.has(code)) return true;
    if (
      /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
        message,
      )
    ) {
      return true;
    }
  }
  return false;
}
