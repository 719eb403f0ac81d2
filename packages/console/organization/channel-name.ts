import { channelName } from '@clawpool/contracts';
import { channelNames } from '../channels/channel-names.ts';

/** A platform as it calls itself; one that this console does not know yet, as the server calls it. */
export function nameOfChannel(channel: string): string {
  const { data } = channelName.safeParse(channel);
  return data ? channelNames[data] : channel;
}
