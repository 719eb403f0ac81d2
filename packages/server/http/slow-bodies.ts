import type { IncomingMessage } from 'node:http';

/** Time to send a request, not to wait for its answer. Node's own limit knows no exception, so it is off. */
const patienceMs = 60_000;

const timers = new WeakMap<IncomingMessage, NodeJS.Timeout>();

/** Ends a connection whose request does not come to its end: many of those are an attack that costs nothing. */
export function endWhenSlow(request: IncomingMessage): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if ((length === undefined || length === '0') && encoding === undefined) return;
  const timer = setTimeout(() => request.destroy(), patienceMs);
  timer.unref();
  timers.set(request, timer);
  for (const event of ['end', 'close']) request.once(event, () => clearTimeout(timer));
}

/** This one may take its time: somebody else watches that it goes on. */
export function letItTakeLong(request: IncomingMessage): void {
  clearTimeout(timers.get(request));
}
