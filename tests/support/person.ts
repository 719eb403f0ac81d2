import { type Client, createClient } from '@clawpool/client';
import type { ConversationEvent, Me } from '@clawpool/contracts';

/** Somebody signed in through the public API, with a cookie like a browser's. */
export interface Person {
  me: Me;
  password: string;
  client: Client;
  cookie: () => string;
  /** Starts a conversation, sends one message and waits until its turn is over. */
  ask(text: string): Promise<Answer>;
  /** Sends into a conversation and waits until that turn is over. */
  askIn(conversationId: string, text: string): Promise<Answer>;
}

export interface Answer {
  conversationId: string;
  text: string;
  state: string;
  /** The states the turn was seen in, in order, without repetition. */
  states: string[];
  /** Deltas that were streamed before the answer was stored. */
  deltas: number;
}

/** Signs in; where a new password is due, sets `newPassword`. */
export async function signIn(
  url: string,
  email: string,
  password: string,
  newPassword = 'correct horse battery',
): Promise<Person> {
  let cookie = '';
  const client = createClient({
    baseUrl: url,
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers);
      if (cookie) headers.set('cookie', cookie);
      headers.set('origin', url);
      const response = await fetch(input, { ...init, headers });
      const set = response.headers.getSetCookie();
      if (set.length > 0) cookie = set.map((one) => one.split(';', 1)[0]).join('; ');
      return response;
    },
  });
  let me = await client.call('signIn', { body: { email, password } });
  const due = me.mustChangePassword;
  if (due) me = await client.call('changePassword', { body: { currentPassword: password, newPassword } });

  const askIn = (conversationId: string, text: string) => askAndWait(client, conversationId, text);
  return {
    me,
    client,
    password: due ? newPassword : password,
    cookie: () => cookie,
    askIn,
    ask: async (text) => askIn((await client.call('startConversation', { body: {} })).id, text),
  };
}

async function askAndWait(client: Client, conversationId: string, text: string): Promise<Answer> {
  const { turn } = await client.call('sendMessage', {
    params: { conversationId },
    body: { text, clientMessageId: crypto.randomUUID() },
  });
  return waitForAnswer(client, conversationId, turn.id);
}

/** Follows a conversation until the turn is over. */
export function waitForAnswer(client: Client, conversationId: string, turnId: string): Promise<Answer> {
  const answer: Answer = { conversationId, text: '', state: '', states: [], deltas: 0 };
  const end = new AbortController();
  return new Promise((resolve, reject) => {
    const see = (event: ConversationEvent) => {
      if (event.type === 'delta' && event.turnId === turnId) answer.deltas++;
      const messages = event.type === 'snapshot' ? event.messages : event.type === 'message' ? [event.message] : [];
      for (const message of messages)
        if (message.role === 'agent' && message.turnId === turnId) answer.text = message.text;
      const turns = event.type === 'snapshot' ? event.turns : event.type === 'turn' ? [event.turn] : [];
      for (const turn of turns) {
        if (turn.id !== turnId) continue;
        answer.state = turn.state;
        if (answer.states.at(-1) !== turn.state) answer.states.push(turn.state);
        if (turn.finishedAt) {
          end.abort();
          resolve(answer);
        }
      }
    };
    client.events(
      'conversationEvents',
      { params: { conversationId } },
      { signal: end.signal, onEvent: see, onError: reject },
    );
  });
}
