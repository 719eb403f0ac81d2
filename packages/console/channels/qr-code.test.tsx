import { renderToStaticMarkup } from 'react-dom/server';
import { encode } from 'uqr';
import { expect, it } from 'vitest';
import { QrCode } from './qr-code.tsx';

it('a QR code is drawn module by module as it is encoded, with a quiet zone of four around it', () => {
  const text = 'https://t.me/acme_agent_bot?start=ABCDEF123456';
  const html = renderToStaticMarkup(<QrCode text={text} label="QR code" />);
  const { size, data } = encode(text, { ecc: 'M', border: 4 });
  expect(html).toContain(`viewBox="0 0 ${size} ${size}"`);

  const drawn = data.map((row) => row.map(() => false));
  for (const [, x, y, width] of html.matchAll(/M(\d+) (\d+)h(\d+)v1H\1z/g)) {
    for (let column = Number(x); column < Number(x) + Number(width); column++) {
      const row = drawn[Number(y)];
      if (row) row[column] = true;
    }
  }
  expect(drawn).toEqual(data);
  expect([...drawn.slice(0, 4), ...drawn.slice(-4)].flat()).not.toContain(true);
});
