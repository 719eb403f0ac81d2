/** The reference product's patterns, and their Chinese counterparts: how people write who want a reader, or a model, to obey instead of read. */
const signs: readonly RegExp[] = [
  /\b(ignore|disregard|forget)\b.{0,40}\b(previous|above|prior|earlier|all|your)\b/is,
  /\byou are now\b|\bact as\b.{0,20}\b(admin|root|system)\b/is,
  /\b(new|updated)\s+(system\s+)?(prompt|instructions?)\b/i,
  /\b(approve|grant|allow)\s+(all|every|everything|any)\b/i,
  /<\/?\s*(system|assistant|instructions?)\s*>|\[\/?INST\]|<\|im_(start|end)\|>/i,
  /\b(auto|automatically)[- ]?approve/i,
  /忽略.{0,10}(之前|以上|所有|前面)|你现在是|新的?系统提示|(批准|授权)(所有|一切|全部)/s,
];

/** Whether a reason reads like an instruction to whoever, or whatever, reads it. It is only told: a reason is text, and nothing acts on it. */
export const isSuspicious = (reason: string): boolean => signs.some((sign) => sign.test(reason));
