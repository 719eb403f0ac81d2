import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ChannelAccountSecrets } from '@clawpool/contracts';
import type { ChannelFake, SeenMessage, UserAttachment, UserMessage } from '../channel-fake.ts';
import { readHtml } from './entities.ts';
import { type BotRequest, readRequest } from './request.ts';
import { asTold, Updates } from './updates.ts';

/** What only tests of this one platform ask for. */
export interface TelegramFake extends ChannelFake {
  /** The parameters of every call of a method so far. */
  parametersOf(method: string): Record<string, unknown>[];
  /** The next text that says it is HTML cannot be read as such. */
  refuseFormatting(): void;
}

/** Telegram's Bot API, as far as a bot that talks with people uses it: https://core.telegram.org/bots/api */
export async function startTelegramFake(): Promise<TelegramFake> {
  const accountName = 'acme_agent_bot';
  const secret = `${10_000_000 + Math.floor(Math.random() * 1e8)}:${randomBytes(26).toString('base64url')}`;
  const bot = { id: Number(secret.split(':')[0]), is_bot: true, first_name: 'Acme agent', username: accountName };
  const updates = new Updates(700_000_001);
  const chats = new Map<number, Chat>();
  const files = new Map<string, UserAttachment>();
  const calls: { method: string; parameters: Record<string, unknown> }[] = [];
  let refusals: Refusal[] = [];
  let revoked = false;
  let formattingRefused = false;
  let times = 1;
  let lastMessageId = 0;

  const chatOf = (chatId: number): Chat => {
    const chat = chats.get(chatId) ?? { blocked: false, typing: 0, messages: [] };
    chats.set(chatId, chat);
    return chat;
  };

  /** The chat a call is about; a bot can write to nobody who has not written to it. */
  const chatFor = ({ chat_id }: BotRequest['parameters']): Chat => {
    const chat = chats.get(Number(chat_id));
    if (!chat) throw new Refusal(400, 'Bad Request: chat not found');
    if (chat.blocked) throw new Refusal(403, 'Forbidden: bot was blocked by the user');
    return chat;
  };

  const sent = (
    parameters: BotRequest['parameters'],
    message: Omit<SeenMessage, 'id' | 'edits' | 'buttons'>,
  ): unknown => {
    const seen: SeenMessage = { id: String(++lastMessageId), edits: 0, buttons: buttonsOf(parameters), ...message };
    chatFor(parameters).messages.push(seen);
    return {
      message_id: lastMessageId,
      date: now(),
      chat: { id: Number(parameters.chat_id) },
      from: bot,
      text: message.text,
    };
  };

  const sendFile = (field: 'photo' | 'document', { parameters, files: uploaded }: BotRequest): unknown => {
    chatFor(parameters);
    const file = uploaded.get(String(parameters[field]).replace('attach://', ''));
    if (!file) throw new Refusal(400, `Bad Request: there is no ${field} in the request`);
    if (file.content.length > 50 * 1024 * 1024) throw new Refusal(413, 'Request Entity Too Large');
    if (field === 'photo' && !isPicture(file.content)) throw new Refusal(400, 'Bad Request: IMAGE_PROCESS_FAILED');
    const shownAs = field === 'photo' ? 'picture' : 'file';
    return sent(parameters, { ...readText(parameters, 'caption', 1024), attachment: { ...file, shownAs } });
  };

  const methods: Record<string, (request: BotRequest, gone: AbortSignal) => unknown> = {
    getMe: () => bot,
    sendMessage: ({ parameters }) => {
      chatFor(parameters);
      return sent(parameters, { ...readText(parameters, 'text', 4096), attachment: null });
    },
    sendPhoto: (request) => sendFile('photo', request),
    sendDocument: (request) => sendFile('document', request),
    editMessageText({ parameters }) {
      const message = chatFor(parameters).messages.find(({ id }) => id === String(parameters.message_id));
      if (!message) throw new Refusal(400, 'Bad Request: message to edit not found');
      const changed = { ...readText(parameters, 'text', 4096), buttons: buttonsOf(parameters) };
      const { text, code, buttons } = message;
      if (JSON.stringify({ text, code, buttons }) === JSON.stringify(changed)) {
        throw new Refusal(
          400,
          'Bad Request: message is not modified: specified new message content and reply markup are exactly the same',
        );
      }
      Object.assign(message, changed, { edits: message.edits + 1 });
      return { message_id: Number(message.id), date: now(), chat: { id: Number(parameters.chat_id) } };
    },
    sendChatAction({ parameters }) {
      if (parameters.action === 'typing') chatFor(parameters).typing++;
      return true;
    },
    answerCallbackQuery: () => true,
    getFile({ parameters }) {
      const id = String(parameters.file_id);
      const file = files.get(id);
      if (!file) throw new Refusal(400, 'Bad Request: wrong file_id or the file is temporarily unavailable');
      const bytes = file.bytes ?? file.content.length;
      if (bytes !== 'unknown' && bytes > 20 * 1024 * 1024) throw new Refusal(400, 'Bad Request: file is too big');
      return {
        file_id: id,
        file_unique_id: id,
        file_path: `files/${id}`,
        ...(bytes === 'unknown' ? {} : { file_size: bytes }),
      };
    },
    setWebhook({ parameters }) {
      const { url = '', secret_token = '', allowed_updates = [] } = parameters;
      if (secret_token !== '' && !/^[\w-]{1,256}$/.test(String(secret_token))) {
        throw new Refusal(400, 'Bad Request: secret token contains unallowed characters');
      }
      updates.setWebhook(
        url === '' ? null : { url: String(url), secret: String(secret_token), allowed: allowed_updates as string[] },
      );
      return true;
    },
    deleteWebhook() {
      updates.setWebhook(null);
      return true;
    },
    async getUpdates({ parameters }, gone) {
      if (updates.webhook) {
        throw new Refusal(
          409,
          "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        );
      }
      const { offset = 0, timeout = 0, limit = 100, allowed_updates = [] } = parameters;
      const asked = { offset: Number(offset), timeout: Number(timeout), limit: Number(limit) };
      const found = await updates.poll({ ...asked, allowed: allowed_updates as string[] }, gone);
      if (found === 'terminated') {
        throw new Refusal(
          409,
          'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
        );
      }
      return found.map(asTold);
    },
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, file, token = '', rest = ''] = /^\/(file\/)?bot([^/]*)\/(.*)$/.exec(request.url ?? '') ?? [];
    const call = await readRequest(request);
    if (!/^\d+:[\w-]+$/.test(token)) throw new Refusal(404, 'Not Found');
    if (token !== secret || revoked) throw new Refusal(401, 'Unauthorized');
    if (file) {
      const found = files.get(rest.replace('files/', ''));
      if (!found) throw new Refusal(404, 'Not Found');
      response.end(found.content);
      return;
    }
    calls.push({ method: rest, parameters: call.parameters });
    const refusal = refusals.shift();
    if (refusal) throw refusal;
    if (formattingRefused && call.parameters.parse_mode === 'HTML') {
      formattingRefused = false;
      throw new Refusal(400, 'Bad Request: can\'t parse entities: Unsupported start tag "x" at byte offset 0');
    }
    const method = methods[rest];
    if (!method) throw new Refusal(404, 'Not Found: method not found');
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    tell(response, 200, { ok: true, result: await method(call, gone.signal) });
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      const { status, message, retryAfter } =
        error instanceof Refusal ? error : new Refusal(500, `Internal Server Error: ${error}`);
      if (status === 0) return void request.socket.destroy();
      const parameters = retryAfter === undefined ? {} : { parameters: { retry_after: retryAfter } };
      tell(response, status, { ok: false, error_code: status, description: message, ...parameters });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const account: ChannelAccountSecrets = {
    settings: { apiRoot: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    secret,
    webhookSecret: randomBytes(24).toString('base64url'),
  };

  return {
    account,
    accountName,
    sendFromUser(message) {
      const { chatId = message.userId } = message;
      chatOf(chatId).blocked = false;
      const content = { message_id: ++lastMessageId, ...contentOf(message, bot, files) };
      updates.add({ chatId, kind: 'message', content, times });
    },
    pressButton({ userId, name = 'Person', chatId = userId, value }) {
      const message = chatOf(chatId).messages.findLast(({ buttons }) =>
        buttons.some((button) => button.value === value),
      );
      if (!message) throw new Error(`no message of the bot in chat ${chatId} has a button with the value ${value}`);
      const chat = { id: chatId, type: chatId < 0 ? 'supergroup' : 'private' };
      const content = {
        id: randomBytes(8).toString('hex'),
        from: personOf(userId, name),
        message: { message_id: Number(message.id), date: now(), chat, from: bot },
        chat_instance: String(chatId),
        data: value,
      };
      updates.add({ chatId, kind: 'callback_query', content, times });
    },
    messages: (chatId) => structuredClone(chats.get(chatId)?.messages ?? []),
    typingSeen: (chatId) => chats.get(chatId)?.typing ?? 0,
    calls: (name) => calls.filter(({ method }) => name === undefined || method === name).length,
    parametersOf: (name) => calls.filter(({ method }) => method === name).map(({ parameters }) => parameters),
    refuseFormatting: () => {
      formattingRefused = true;
    },
    limitNext(seconds, count = 1) {
      const refusal = new Refusal(429, `Too Many Requests: retry after ${seconds}`, seconds);
      refusals = [...refusals, ...Array.from({ length: count }, () => refusal)];
    },
    failNext(how, count = 1) {
      const refusal = how === 'error' ? new Refusal(502, 'Bad Gateway') : new Refusal(0, '');
      refusals = [...refusals, ...Array.from({ length: count }, () => refusal)];
    },
    block: (chatId) => {
      chatOf(chatId).blocked = true;
    },
    revoke: () => {
      revoked = true;
    },
    unconfirmed: () => updates.waiting,
    deliverTimes: (count) => {
      times = count;
    },
    hold: () => updates.hold(),
    release: (order) => updates.release(order),
    async close() {
      updates.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Chat {
  blocked: boolean;
  typing: number;
  messages: SeenMessage[];
}

/** An answer that is not `ok`; status 0 is none at all. */
class Refusal extends Error {
  readonly status: number;
  readonly retryAfter: number | undefined;

  constructor(status: number, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

function tell(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const now = (): number => Math.floor(Date.now() / 1000);

const personOf = (id: number, name: string): Record<string, unknown> => ({ id, is_bot: false, first_name: name });

function readText(
  parameters: BotRequest['parameters'],
  field: 'text' | 'caption',
  limit: number,
): Pick<SeenMessage, 'text' | 'code'> {
  const given = String(parameters[field] ?? '');
  const read = { text: given, code: [] as SeenMessage['code'] };
  try {
    if (parameters.parse_mode === 'HTML') Object.assign(read, readHtml(given));
  } catch (error) {
    throw new Refusal(400, `Bad Request: ${(error as Error).message}`);
  }
  if (field === 'text' && read.text.trim() === '') throw new Refusal(400, 'Bad Request: message text is empty');
  if (read.text.length > limit) {
    throw new Refusal(
      400,
      field === 'text' ? 'Bad Request: message is too long' : 'Bad Request: message caption is too long',
    );
  }
  return read;
}

function buttonsOf({ reply_markup }: BotRequest['parameters']): SeenMessage['buttons'] {
  const keyboard = (reply_markup as { inline_keyboard?: { text: string; callback_data: string }[][] } | undefined)
    ?.inline_keyboard;
  return (keyboard ?? []).flat().map(({ text, callback_data }) => {
    if (Buffer.byteLength(callback_data) > 64) throw new Refusal(400, 'Bad Request: BUTTON_DATA_INVALID');
    return { label: text, value: callback_data };
  });
}

const isPicture = (content: Uint8Array): boolean =>
  ['89504e470d0a1a0a', 'ffd8ff'].some((magic) => Buffer.from(content).toString('hex', 0, magic.length / 2) === magic);

function contentOf(
  { userId, name = 'Person', text = '', chatId = userId, repliesToBot = false, attachment }: UserMessage,
  bot: Record<string, unknown>,
  files: Map<string, UserAttachment>,
): Record<string, unknown> {
  const entities = [...text.matchAll(/(?<!\w)(@\w+|\/\w+(?:@\w+)?)/g)].map(({ index, 0: found }) => ({
    type: found.startsWith('@') ? 'mention' : 'bot_command',
    offset: index,
    length: found.length,
  }));
  const marked = entities.length > 0;
  const said = attachment
    ? {
        ...(text === '' ? {} : { caption: text, ...(marked ? { caption_entities: entities } : {}) }),
        ...fileOf(attachment, files),
      }
    : { text, ...(marked ? { entities } : {}) };
  return {
    date: now(),
    from: personOf(userId, name),
    chat: { id: chatId, type: chatId < 0 ? 'supergroup' : 'private' },
    ...(repliesToBot ? { reply_to_message: { message_id: 1, date: now(), from: bot } } : {}),
    ...said,
  };
}

function fileOf(attachment: UserAttachment, files: Map<string, UserAttachment>): Record<string, unknown> {
  const { kind, name, mediaType, content, bytes = content.length } = attachment;
  const id = randomBytes(12).toString('base64url');
  files.set(id, attachment);
  const size = bytes === 'unknown' ? {} : { file_size: bytes };
  const file = { file_id: id, file_unique_id: id, ...size };
  if (kind === 'photo') {
    const small = { file_id: `${id}-small`, file_unique_id: `${id}-small`, width: 90, height: 60, file_size: 900 };
    return { photo: [small, { ...file, width: 1280, height: 853 }] };
  }
  const named = {
    ...(name === undefined ? {} : { file_name: name }),
    ...(mediaType === undefined ? {} : { mime_type: mediaType }),
  };
  return { [kind]: { ...file, ...named } };
}
