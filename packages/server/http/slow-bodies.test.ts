import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endWhenSlow, letItTakeLong } from './slow-bodies.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const arriving = (headers: IncomingHttpHeaders) =>
  Object.assign(new PassThrough(), { headers }) as unknown as IncomingMessage & PassThrough;

test('a request that does not come to its end within a minute is ended', () => {
  for (const headers of [{ 'content-length': '10' }, { 'transfer-encoding': 'chunked' }]) {
    const request = arriving(headers);
    endWhenSlow(request);
    request.write('x');
    vi.advanceTimersByTime(59_000);
    expect(request.destroyed).toBe(false);
    vi.advanceTimersByTime(2_000);
    expect(request.destroyed).toBe(true);
  }
});

test('one that has no body, has arrived, or may take long is left alone', async () => {
  const without = arriving({});
  const whole = arriving({ 'content-length': '1' });
  const upload = arriving({ 'content-length': '1000' });
  for (const request of [without, whole, upload]) endWhenSlow(request);
  const ended = new Promise((resolve) => whole.once('end', resolve));
  whole.end('x');
  whole.resume();
  await ended;
  letItTakeLong(upload);
  vi.advanceTimersByTime(600_000);
  expect([without.destroyed, upload.destroyed]).toEqual([false, false]);
});
