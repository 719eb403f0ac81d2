/** What people did and the bot has not confirmed yet, and its two ways to the bot: https://core.telegram.org/bots/api#getting-updates */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Update {
  update_id: number;
  chatId: number;
  kind: 'message' | 'callback_query';
  content: Record<string, unknown>;
  /** How often it is delivered by webhook. */
  times: number;
}

export interface Webhook {
  url: string;
  secret: string;
  allowed: readonly string[];
}

interface Poller {
  allowed: readonly string[];
  end(updates: Update[] | 'terminated'): void;
}

export class Updates {
  #pending: Update[] = [];
  #poller: Poller | null = null;
  #webhook: Webhook | null = null;
  #delivering = new Set<number>();
  #onTheWay = new Set<Update>();
  #held = false;
  #lastId: number;
  #closed = new AbortController();

  constructor(firstId: number) {
    this.#lastId = firstId - 1;
  }

  get webhook(): Webhook | null {
    return this.#webhook;
  }

  get waiting(): number {
    return this.#pending.length;
  }

  add(update: Omit<Update, 'update_id'>): void {
    this.#pending.push({ update_id: ++this.#lastId, ...update });
    this.#serve();
  }

  setWebhook(webhook: Webhook | null): void {
    this.#webhook = webhook;
    if (webhook) this.#poller?.end('terminated');
    this.#serve();
  }

  hold(): void {
    this.#held = true;
  }

  release(order: 'in order' | 'reversed'): void {
    this.#held = false;
    const all = order === 'reversed' ? this.#pending.toReversed() : [...this.#pending];
    void Promise.all(all.map((update) => this.#deliverOne(update))).then(() => this.#serve());
  }

  /** Confirms everything before `offset`, and gives what is there within `timeout` seconds. */
  async poll(
    { offset, timeout, allowed, limit }: { offset: number; timeout: number; allowed: readonly string[]; limit: number },
    gone: AbortSignal,
  ): Promise<Update[] | 'terminated'> {
    this.#poller?.end('terminated');
    this.#pending = this.#pending.filter((update) => update.update_id >= offset);
    const { promise, resolve } = Promise.withResolvers<Update[] | 'terminated'>();
    const timer = setTimeout(() => poller.end([]), timeout * 1000);
    const poller: Poller = {
      allowed,
      end: (updates) => {
        clearTimeout(timer);
        if (this.#poller === poller) this.#poller = null;
        resolve(updates === 'terminated' ? updates : updates.slice(0, limit));
      },
    };
    this.#poller = poller;
    gone.addEventListener('abort', () => poller.end([]), { once: true });
    this.#serve();
    return await promise;
  }

  close(): void {
    this.#closed.abort();
    this.#poller?.end([]);
  }

  #serve(): void {
    if (this.#poller) {
      const { allowed, end } = this.#poller;
      const wanted = this.#pending.filter(({ kind }) => allowed.length === 0 || allowed.includes(kind));
      if (wanted.length > 0) end(wanted);
    }
    if (!this.#webhook || this.#held) return;
    for (const { chatId } of this.#pending) void this.#deliverChat(chatId);
  }

  /** Updates of one chat go one after the other; the next when the one before was taken. */
  async #deliverChat(chatId: number): Promise<void> {
    if (this.#delivering.has(chatId)) return;
    this.#delivering.add(chatId);
    try {
      for (;;) {
        const next = this.#pending.find((update) => update.chatId === chatId);
        if (!next || this.#onTheWay.has(next) || !this.#webhook || this.#held || this.#closed.signal.aborted) return;
        await this.#deliverOne(next);
      }
    } finally {
      this.#delivering.delete(chatId);
    }
  }

  async #deliverOne(update: Update): Promise<void> {
    this.#onTheWay.add(update);
    try {
      await this.#deliverUntilTaken(update);
    } finally {
      this.#onTheWay.delete(update);
    }
  }

  async #deliverUntilTaken(update: Update): Promise<void> {
    for (let attempt = 0; this.#webhook && !this.#closed.signal.aborted; attempt++) {
      const copies = Array.from({ length: update.times }, () => this.#post(update));
      if ((await Promise.all(copies)).every(Boolean)) {
        this.#pending = this.#pending.filter((pending) => pending !== update);
        return;
      }
      const pause = sleep(Math.min(20 * 2 ** attempt, 1_000), undefined, { signal: this.#closed.signal });
      await pause.catch(() => undefined);
    }
  }

  async #post(update: Update): Promise<boolean> {
    if (!this.#webhook) return false;
    const { url, secret, allowed } = this.#webhook;
    if (allowed.length > 0 && !allowed.includes(update.kind)) return true;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(secret === '' ? {} : { 'x-telegram-bot-api-secret-token': secret }),
        },
        body: JSON.stringify(asTold(update)),
        signal: this.#closed.signal,
      });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }
}

export const asTold = ({ update_id, kind, content }: Update): Record<string, unknown> => ({
  update_id,
  [kind]: content,
});
