import { type ChannelName, channelName, type Origin } from '@clawpool/contracts';

/** The platforms as they call themselves, in every language. */
export const channelNames: Record<ChannelName, string> = { telegram: 'Telegram' };

export const isChannel = (origin: Origin): origin is ChannelName => channelName.safeParse(origin).success;
