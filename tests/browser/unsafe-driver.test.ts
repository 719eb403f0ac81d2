import { expect, test } from 'vitest';
import { expectAccessible, lastAnswer, launchBrowser, openPage, say, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation } from '../support/installation.ts';

test('without isolation every page carries a red banner, and agents answer all the same', async () => {
  const installation = await startTestInstallation({ withConsole: true, driver: 'process', unsafeProcessDriver: true });
  const browser = await launchBrowser();
  try {
    const { page } = await openPage(browser, installation.url, { colorScheme: 'dark' });
    const first = installation.sample?.password ?? '';
    await signInThroughPage(page, 'ryan@acme.example', first, 'correct horse battery');
    await page.getByTestId('unsafe-driver').waitFor();
    await expectAccessible(page);
    await say(page, 'Who are you?');
    expect(await lastAnswer(page, 1)).toContain('Ryan Park');
  } finally {
    await browser.close();
    await installation.close();
  }
});

test('the process driver is refused unless it is asked for as unsafe', async () => {
  await expect(startTestInstallation({ driver: 'process' })).rejects.toMatchObject({
    code: 'unavailable',
    hint: expect.stringContaining('--unsafe-process-driver'),
  });
});
