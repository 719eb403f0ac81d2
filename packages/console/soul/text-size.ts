import { maxLayerLength } from '@clawpool/contracts';

export const isTooLong = (text: string): boolean => text.length > maxLayerLength;

const unspaced = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]`;
const word = new RegExp(
  String.raw`${unspaced}|(?!${unspaced})[\p{L}\p{N}](?:(?!${unspaced})[\p{L}\p{N}\p{M}'’_-])*`,
  'gu',
);

/** Words as the server counts them: each character of a script without spaces is one. */
export const countWords = (text: string): number => text.match(word)?.length ?? 0;
