import { describeDirectoryDriver } from '../testing/driver-conformance.ts';
import { createDingTalkDriver } from './dingtalk-driver.ts';
import { dingtalkApp, startFakeDingTalk } from './fake-dingtalk.ts';

describeDirectoryDriver({
  vendor: 'DingTalk',
  start: startFakeDingTalk,
  create: createDingTalkDriver,
  app: dingtalkApp,
  departmentIds: ['10', '11'],
});
