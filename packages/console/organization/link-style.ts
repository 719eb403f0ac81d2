/** A link inside of text or of a row. */
export const linkStyle = 'rounded-xs underline decoration-line-strong underline-offset-2 hover:decoration-current';
