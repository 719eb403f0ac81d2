import type { DirectoryVendor } from '@clawpool/contracts';
import { createDingTalkDriver } from './dingtalk/dingtalk-driver.ts';
import { createFeishuDriver } from './feishu/feishu-driver.ts';
import type { DirectoryDriver, DriverOptions } from './sources/driver.ts';

export type DirectoryDrivers = Readonly<Record<DirectoryVendor, (options: DriverOptions) => DirectoryDriver>>;

/** The platforms that can be read. */
export const directoryDrivers: DirectoryDrivers = { feishu: createFeishuDriver, dingtalk: createDingTalkDriver };
