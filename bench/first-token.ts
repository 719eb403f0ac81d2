import type { Person } from '../tests/support/person.ts';

/**
 * Sends a message through the public API as a page does, with its event stream open, and resolves with the milliseconds
 * from sending to the first token of the answer. Waits for the end of the turn, so that rounds do not overlap. Rejects when the turn ends
 * without an answer, and when there is none after two minutes.
 */
export async function firstTokenThroughClawpool(
  person: Person,
  text: string,
  conversationId?: string,
): Promise<number> {
  const id = conversationId ?? (await person.client.call('startConversation', { body: {} })).id;
  const stream = new AbortController();
  const opened = Promise.withResolvers<void>();
  const first = Promise.withResolvers<number>();
  const over = Promise.withResolvers<void>();
  const lost = (why: string) => {
    const error = new Error(`${person.me.email}: ${why}`);
    for (const { reject } of [opened, first, over]) reject(error);
  };
  // Whichever is waited for throws; the others need nobody.
  for (const { promise } of [opened, first, over]) promise.catch(() => undefined);
  const patience = setTimeout(lost, patienceMs, `no answer within ${patienceMs / 1000} s`);
  void person.client.events(
    'conversationEvents',
    { params: { conversationId: id } },
    {
      signal: stream.signal,
      onEvent: (event) => {
        if (event.type === 'snapshot') opened.resolve();
        if (event.type === 'delta') first.resolve(performance.now());
        if (event.type !== 'turn' || event.turn.finishedAt === null) return;
        if (event.turn.state === 'answered') over.resolve();
        else lost(`${event.turn.state}: ${event.turn.message ?? ''}`);
      },
      onError: (error) => lost(error.message),
    },
  );
  try {
    await opened.promise;
    const sentAt = performance.now();
    await person.client.call('sendMessage', {
      params: { conversationId: id },
      body: { text, clientMessageId: crypto.randomUUID() },
    });
    const firstAt = await first.promise;
    await over.promise;
    return firstAt - sentAt;
  } finally {
    clearTimeout(patience);
    stream.abort();
  }
}

/** Far longer than the slowest wake of a crowd. */
const patienceMs = 120_000;

/** The same of an OpenAI-compatible endpoint: milliseconds from the request to the first content of its stream. */
export async function firstTokenOf(post: () => Promise<AsyncIterable<Uint8Array>>): Promise<number> {
  const askedAt = performance.now();
  let firstAt: number | undefined;
  let text = '';
  for await (const chunk of await post()) {
    text += Buffer.from(chunk).toString();
    if (firstAt === undefined && /"content":"(?!")/.test(text)) firstAt = performance.now();
  }
  if (firstAt === undefined) throw new Error(`no content in the answer: ${text.slice(0, 500)}`);
  return firstAt - askedAt;
}
