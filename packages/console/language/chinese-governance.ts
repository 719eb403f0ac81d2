import type { Texts } from './english.ts';

/** 中文文案；`chinese.ts` 的一部分。 */
export const governanceChinese: Pick<Texts, 'soul' | 'agentFactory'> = {
  soul: { title: 'SOUL 分层' },
  agentFactory: { title: '智能体工厂' },
};
