import { setTimeout as sleep } from 'node:timers/promises';
import type { Host, HostDescription, HostedRuntime } from '@clawpool/contracts';

/** Longer than a host takes that asks a hundred gateways on a busy machine; after it, nothing it says is waited for. */
const patienceMs = 15_000;

/** What runs on a host, warm slots included. Null: the host does not answer. */
export const listRuntimes = (host: Host): Promise<HostedRuntime[] | null> => answerOf(host.list());

export const describeHost = (host: Host): Promise<HostDescription | null> => answerOf(host.describe());

async function answerOf<T>(answer: Promise<T>): Promise<T | null> {
  const patience = new AbortController();
  const silence = sleep(patienceMs, null, { ref: false, signal: patience.signal }).catch(() => null);
  try {
    return await Promise.race([answer, silence]);
  } catch {
    return null;
  } finally {
    patience.abort();
    answer.catch(() => undefined);
  }
}
