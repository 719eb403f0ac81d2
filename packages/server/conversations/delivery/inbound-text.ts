import { type InboundMessage, maxQuoteLength } from '@clawpool/contracts';

/**
 * What the agent is told of a message: the sender's words first, then what they are about. What others have said stands behind `> ` in every
 * line, below a line of ours, so that it is neither taken for the sender's wish nor for ours.
 */
export function textForAgent({ text, quote, forwardedFrom }: InboundMessage): string {
  const own = forwardedFrom === undefined || text === '' ? text : `${forwarded(forwardedFrom)}\n${quoted(text)}`;
  if (!quote || quote.text.trim() === '') return own;
  const about = quote.from === null ? 'an earlier message of yours' : `a message of ${nameIn(quote.from)}`;
  const shown = quoted(quote.text.slice(0, maxQuoteLength).toWellFormed());
  return [own, `[The sender replies to ${about}, quoted here for reference:]\n${shown}`].filter(Boolean).join('\n\n');
}

const forwarded = (from: string): string =>
  `[Forwarded by the sender; the words are those of ${nameIn(from)}, quoted here for reference:]`;

/** Whatever a reader may take for the end of a line is one. */
const quoted = (text: string): string =>
  text
    .split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/u)
    .map((line) => `> ${line}`.trimEnd())
    .join('\n');

/** A name is chosen by strangers: one line, without what ends ours. */
const nameIn = (name: string): string =>
  `“${name
    .replace(/[\p{C}\p{Zl}\p{Zp}[\]“”]+/gu, ' ')
    .trim()
    .slice(0, 80)
    .toWellFormed()}”`;
