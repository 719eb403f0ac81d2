/** For tests of whatever uses channels: a platform's servers on this machine. */
export type { ChannelFake, SeenMessage, UserAttachment, UserMessage } from './testing/channel-fake.ts';
export { startTelegramFake, type TelegramFake } from './testing/telegram/fake.ts';
