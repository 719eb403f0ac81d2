import type { Texts } from './english.ts';

/** 中文文案；`chinese.ts` 的一部分。 */
export const dashboardChinese: Pick<Texts, 'dashboard'> = {
  dashboard: { title: '总览' },
};
