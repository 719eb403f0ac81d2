import type { Texts } from './english.ts';

/** 中文文案；`chinese.ts` 的一部分。 */
export const directoryChinese: Pick<Texts, 'directory'> = {
  directory: { title: '目录同步' },
};
