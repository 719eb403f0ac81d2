import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lastAnswer, launchBrowser, openPage, say, signInThroughPage } from '../support/browser.ts';
import { startClawpool } from '../support/clawpool-process.ts';

test('the page says that the message is accepted; after kill -9 and another start it shows the answer, once', async () => {
  const data = await mkdtemp(join(tmpdir(), 'clawpool-browser-durable-'));
  const browser = await launchBrowser();
  let clawpool = await startClawpool(data);
  try {
    const { page } = await openPage(browser, clawpool.url);
    await signInThroughPage(page, 'ryan@acme.example', clawpool.samplePassword(), 'correct horse battery');
    await say(page, 'Who are you?');
    await page.locator('[data-testid="turn-status"]').first().waitFor();
    await clawpool.killTree();

    clawpool = await startClawpool(data, { port: new URL(clawpool.url).port });
    expect(await lastAnswer(page, 1)).toContain('Ryan Park');
    expect(await page.getByTestId('person-message').count()).toBe(1);
    await page.reload();
    expect(await lastAnswer(page, 1)).toContain('Ryan Park');
    expect(await page.getByTestId('person-message').count()).toBe(1);
  } finally {
    await browser.close();
    await clawpool.interrupt();
    await rm(data, { recursive: true, force: true });
  }
});
