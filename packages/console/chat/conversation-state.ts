import type { Conversation, ConversationEvent, Message, Turn } from '@clawpool/contracts';

/** What the page knows of a conversation. Everything comes from the event stream, or from the answer to a POST. */
export interface ConversationState {
  /** Null until the first snapshot. */
  conversation: Conversation | null;
  /** In order of arrival, without a gap; the newest are always there. */
  messages: readonly Message[];
  /** There are earlier ones, which were not asked for yet. */
  more: boolean;
  /** Those that are not over, and some that are. */
  turns: readonly KnownTurn[];
  /** Text of answers that are still being written, by turn. */
  partials: Readonly<Record<string, string>>;
}

export interface KnownTurn extends Turn {
  /** When it entered its state as far as this page knows, in milliseconds by this machine's clock. */
  since: number;
}

export type ConversationAction =
  | { type: 'event'; event: ConversationEvent; now: number }
  /** The page before the message `before`. */
  | { type: 'earlier'; before: string; messages: readonly Message[]; more: boolean }
  /** The server's answer to a message of ours. It can come before or after the events it causes. */
  | { type: 'accepted'; message: Message; turn: Turn; now: number };

export const emptyConversation: ConversationState = {
  conversation: null,
  messages: [],
  more: false,
  turns: [],
  partials: {},
};

/**
 * What happened is applied to what was known. Anything may come twice: a reconnect starts with a snapshot of what is newest,
 * and the answer to a POST overlaps with the stream.
 */
export function conversationReducer(state: ConversationState, action: ConversationAction): ConversationState {
  switch (action.type) {
    case 'event':
      return withEvent(state, action.event, action.now);
    case 'earlier':
      // Of two answers to the same question the first has been added, and what a snapshot has let go of is not.
      if (state.messages[0]?.id !== action.before) return state;
      return { ...state, messages: [...action.messages, ...state.messages], more: action.more };
    case 'accepted': {
      const known = state.turns.some(({ id }) => id === action.turn.id);
      const next = withMessage(state, action.message);
      // The stream may have been faster: what it said is newer.
      return known ? next : withTurn(next, action.turn, action.now);
    }
  }
}

function withEvent(state: ConversationState, event: ConversationEvent, now: number): ConversationState {
  switch (event.type) {
    case 'snapshot':
      return {
        conversation: event.conversation,
        ...withNewest(state, event),
        turns: event.turns.map((turn) => withSince(state.turns, turn, Math.min(now, Date.parse(turn.acceptedAt)))),
        partials: event.partial ? { [event.partial.turnId]: event.partial.text } : {},
      };
    case 'turn':
      return withTurn(state, event.turn, now);
    case 'delta': {
      const answered = state.messages.some((message) => message.turnId === event.turnId && isAnswer(message));
      if (answered) return state;
      const text = (state.partials[event.turnId] ?? '') + event.text;
      return { ...state, partials: { ...state.partials, [event.turnId]: text } };
    }
    case 'restart':
      return { ...state, partials: without(state.partials, event.turnId) };
    case 'message':
      return withMessage(state, event.message);
    case 'conversation':
      return { ...state, conversation: event.conversation };
  }
}

/** Earlier messages that were read stay, unless so much was said meanwhile that some between are missing. */
function withNewest(
  { messages, more }: ConversationState,
  newest: Pick<ConversationState, 'messages' | 'more'>,
): Pick<ConversationState, 'messages' | 'more'> {
  const from = messages.findIndex(({ id }) => id === newest.messages[0]?.id);
  if (from <= 0) return { messages: newest.messages, more: newest.more };
  return { messages: [...messages.slice(0, from), ...newest.messages], more };
}

/** An agent's own answer; a quick one only fills the time until it comes. */
const isAnswer = ({ role, quick }: Message): boolean => role === 'agent' && !quick;

/** The whole answer takes the place of the text that was streamed. */
function withMessage(state: ConversationState, message: Message): ConversationState {
  const known = state.messages.some(({ id }) => id === message.id);
  return {
    ...state,
    messages: known
      ? state.messages.map((other) => (other.id === message.id ? message : other))
      : [...state.messages, message],
    partials: isAnswer(message) ? without(state.partials, message.turnId) : state.partials,
  };
}

function withTurn(state: ConversationState, turn: Turn, now: number): ConversationState {
  const next = withSince(state.turns, turn, now);
  const known = state.turns.some(({ id }) => id === turn.id);
  return {
    ...state,
    turns: known ? state.turns.map((other) => (other.id === turn.id ? next : other)) : [...state.turns, next],
  };
}

function withSince(known: readonly KnownTurn[], turn: Turn, now: number): KnownTurn {
  const before = known.find(({ id }) => id === turn.id);
  return { ...turn, since: before?.state === turn.state ? before.since : now };
}

function without(partials: ConversationState['partials'], turnId: string | null): ConversationState['partials'] {
  if (turnId === null || !(turnId in partials)) return partials;
  const { [turnId]: _, ...rest } = partials;
  return rest;
}

const over: readonly Turn['state'][] = ['answered', 'failed', 'stopped', 'handed_over'];
const isOver = ({ state }: Pick<Turn, 'state'>): boolean => over.includes(state);

/** The turn that "Stop" stops: the one the agent works on, else the first that waits. */
export function activeTurnOf({ turns }: ConversationState): KnownTurn | null {
  const open = turns.filter((turn) => !isOver(turn));
  return open.find(({ state }) => state === 'thinking') ?? open[0] ?? null;
}

/** The person's messages that an event brings and that were not known before; a snapshot after a reconnect may hold some. */
export function newPersonMessages(state: ConversationState, event: ConversationEvent): Message[] {
  // The first snapshot is history: nothing in it is news.
  if (event.type === 'snapshot' && state.conversation === null) return [];
  const messages = event.type === 'snapshot' ? event.messages : event.type === 'message' ? [event.message] : [];
  const known = new Set(state.messages.map(({ id }) => id));
  return messages.filter(({ id, role }) => role === 'person' && !known.has(id));
}

/** What the page shows of a conversation, from top to bottom. */
export type ThreadItem = Exchange | Aside;

/** A message, its answer, and how its turn is doing. */
export interface Exchange {
  kind: 'exchange';
  turnId: string;
  question: Message | null;
  /** What the model said while the agent was waking. */
  quick: Message | null;
  answer: Message | null;
  /** The answer as far as it is written. */
  partial: string | null;
  /** Null for old turns, of which only the messages are known. */
  turn: KnownTurn | null;
  /** A person of the organization said something before the agent answered again. */
  answeredByHuman: boolean;
}

/** Said outside of any turn: by a human who has taken the session over, or by the system. */
export interface Aside {
  kind: 'aside';
  message: Message;
}

export function threadOf({ messages, turns, partials }: ConversationState): ThreadItem[] {
  const items: ThreadItem[] = [];
  const exchanges = new Map<string, Exchange>();
  for (const message of messages) {
    const { turnId, role } = message;
    if (turnId === null || role === 'human' || role === 'note') {
      items.push({ kind: 'aside', message });
      if (role === 'human') for (const exchange of unanswered(items)) exchange.answeredByHuman = true;
      continue;
    }
    let exchange = exchanges.get(turnId);
    if (!exchange) {
      exchange = emptyExchange(turnId);
      exchanges.set(turnId, exchange);
      items.push(exchange);
    }
    exchange[role === 'person' ? 'question' : message.quick ? 'quick' : 'answer'] = message;
  }
  for (const turn of turns) {
    const exchange = exchanges.get(turn.id);
    // A turn whose message has not arrived yet shows when it does.
    if (exchange) Object.assign(exchange, { turn, partial: partials[turn.id] ?? null });
  }
  return items;
}

/** The exchanges at the end that the agent has not answered, up to the last that it has. */
function unanswered(items: readonly ThreadItem[]): Exchange[] {
  const exchanges = items.filter((item) => item.kind === 'exchange');
  const last = exchanges.findLastIndex(({ answer }) => answer !== null);
  return exchanges.slice(last + 1);
}

const emptyExchange = (turnId: string): Exchange => ({
  kind: 'exchange',
  turnId,
  question: null,
  quick: null,
  answer: null,
  partial: null,
  turn: null,
  answeredByHuman: false,
});
