import type { ModelRequest } from './exchange.ts';
import { textOf } from './exchange.ts';

export type Language = 'en' | 'zh';

/** The language to answer a person in: Chinese when their last message has Chinese characters, English otherwise. */
export function languageOf(request: ModelRequest): Language {
  const last = request.messages.findLast((message) => message.role === 'user');
  return last && /\p{Script=Han}/u.test(textOf(last.content)) ? 'zh' : 'en';
}
