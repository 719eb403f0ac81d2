import type { Texts } from './english.ts';

/** 中文文案；`chinese.ts` 的一部分。 */
export const filesChinese: Pick<Texts, 'agentFiles' | 'profile' | 'workspace'> = {
  agentFiles: { title: '文件' },
  profile: { title: '我的资料' },
  workspace: { title: '工作区' },
};
