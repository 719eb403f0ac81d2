import type { ChannelDriver, ChannelName } from '@clawpool/contracts';
import { telegram } from './telegram/driver.ts';

export { splitText } from './split-text.ts';

/** Every IM platform there is, by its name. */
export const channelDrivers: ReadonlyMap<ChannelName, ChannelDriver> = new Map([[telegram.name, telegram]]);
