import type { Texts } from './english.ts';

/** 中文文案；`chinese.ts` 的一部分。 */
export const identityChinese: Pick<Texts, 'identity'> = {
  identity: { title: '登录方式' },
};
