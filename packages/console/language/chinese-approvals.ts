import type { Texts } from './english.ts';

/** 中文文案；`chinese.ts` 的一部分。 */
export const approvalsChinese: Pick<Texts, 'approvals' | 'security' | 'myRequests'> = {
  approvals: { title: '审批' },
  security: { title: '安全中心' },
  myRequests: { title: '我的申请' },
};
