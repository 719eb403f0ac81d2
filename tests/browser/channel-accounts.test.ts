import { startTelegramFake, type TelegramFake } from '@clawpool/channels/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launchBrowser, openPage, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { Person } from '../support/person.ts';

let installation: TestInstallation;
let browser: Browser;
let telegram: TelegramFake;
/** An admin's page. */
let page: Page;
let problems: string[];
let carol: Person;
const chosen = 'correct horse battery';
/** Carol's account at Telegram, which is her chat with the bot too. */
const carolAtTelegram = 4711;

beforeAll(async () => {
  [installation, browser, telegram] = await Promise.all([
    startTestInstallation({ withConsole: true }),
    launchBrowser(),
    startTelegramFake(),
  ]);
  ({ page, problems } = await openPage(browser, installation.url));
  await signInThroughPage(page, 'jiade@acme.example', installation.sample?.password ?? '', chosen);
  await page.getByRole('link', { name: 'Channel accounts', exact: true }).click();
  carol = await installation.person('carol');
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
  await telegram?.close();
});

const dialog = () => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const card = () => page.locator('[data-testid="channel-account"][data-name="ACME agents"]');
const expectHealth = (health: string) =>
  expect.poll(() => card().getAttribute('data-health'), { timeout: 30_000 }).toBe(health);

async function choose(action: string): Promise<void> {
  await page.getByRole('button', { name: 'Actions for ACME agents' }).click();
  await page.getByRole('menuitem', { name: action, exact: true }).click();
}

describe('a bot', () => {
  test('is not connected with a token that the platform does not know', async () => {
    await page.getByText('No bot is connected yet').waitFor();
    await page.getByRole('button', { name: 'Connect a bot' }).click();
    await dialog().getByText('How to get a token').waitFor();
    await dialog().getByRole('button', { name: 'Connect a bot' }).click();
    await dialog().getByText('Paste the whole token, as in 123456:ABC…').waitFor();
    await expectAccessible(page);
    await dialog().getByLabel('Bot token').fill('123456:not-a-token-of-any-bot');
    await dialog().getByLabel('Name', { exact: true }).fill('ACME agents');
    await dialog().getByText('Private server').click();
    await dialog().getByLabel('Address of the Bot API').fill(telegram.account.settings.apiRoot);
    await dialog().getByRole('button', { name: 'Connect a bot' }).click();
    await dialog().getByRole('alert').getByText('The bot was not connected').waitFor();
  });

  test('is connected with its own, and receives', async () => {
    await dialog().getByLabel('Bot token').fill(telegram.account.secret);
    await dialog().getByRole('button', { name: 'Connect a bot' }).click();
    await expect.poll(() => dialog().count(), { timeout: 20_000 }).toBe(0);
    await card().getByText(`@${telegram.accountName}`).waitFor();
    await expectHealth('receiving');
    await expectAccessible(page);
  });

  test('is known to the platform when it is tested', async () => {
    await card().getByRole('button', { name: 'Test' }).click();
    await card().getByText(`Telegram knows this bot as @${telegram.accountName}.`).waitFor();
  });

  test('shows who has paired, and their session says by which way they write', async () => {
    const { accounts } = await carol.client.call('myChannels');
    const accountId = accounts[0]?.id ?? '';
    const { token } = await carol.client.call('startPairing', { params: { accountId } });
    telegram.sendFromUser({ userId: carolAtTelegram, name: 'carolz', text: `/start ${token}` });
    await card().getByRole('button', { name: '1 person' }).click({ timeout: 30_000 });
    await dialog().getByText('Carol Zhang').waitFor();
    await expectAccessible(page);
    await dialog().getByRole('button', { name: 'Close' }).last().click();

    telegram.sendFromUser({ userId: carolAtTelegram, name: 'carolz', text: 'Who are you?' });
    await expect
      .poll(
        () =>
          telegram
            .messages(carolAtTelegram)
            .map(({ text }) => text)
            .join('\n'),
        { timeout: 90_000 },
      )
      .toContain('Finance Analyst');
    await page.getByRole('link', { name: 'Sessions', exact: true }).click();
    const row = page.locator('[data-testid="session-row"][data-caller="Carol Zhang"]');
    await expect.poll(() => row.innerText(), { timeout: 20_000 }).toContain('Telegram');
  });

  test('whose messages somebody refuses leaves them where they can be seen and given up', async () => {
    telegram.sendFromUser({ userId: carolAtTelegram, name: 'carolz', text: 'Who are you?' });
    telegram.block(carolAtTelegram);
    await page.getByRole('link', { name: 'Deliveries', exact: true }).click();
    const letter = page.getByTestId('dead-letter').filter({ hasText: 'blocked' }).first();
    await letter.waitFor({ timeout: 90_000 });
    await expectAccessible(page);
    await page.getByLabel('Choose all on this page').check();
    await page.getByRole('button', { name: 'Give up' }).click();
    await dialog().getByText('Nobody will receive it.').waitFor();
    await dialog().getByRole('button', { name: 'Give up' }).click();
    await page.getByText('Everything was delivered').waitFor();
  });

  test('disconnects one person after a question', async () => {
    await page.getByRole('link', { name: 'Channel accounts', exact: true }).click();
    await card().getByRole('button', { name: '1 person' }).click();
    await dialog().getByRole('button', { name: 'Disconnect Carol Zhang' }).click();
    await dialog().getByRole('button', { name: 'Yes, disconnect' }).click();
    await dialog().getByText('Nobody has paired yet.').waitFor();
    await dialog().getByRole('button', { name: 'Close' }).last().click();
    expect((await carol.client.call('myChannels')).bindings).toEqual([]);
  });

  test('is switched off and on', async () => {
    await card().getByRole('switch').click();
    await expectHealth('off');
    await card().getByRole('switch').click();
    await expectHealth('receiving');
  });

  test('says what to do when its token is worth nothing any more', async () => {
    telegram.revoke();
    await expectHealth('trouble');
    await card()
      .getByText(/replace the secret here too/)
      .waitFor();
    await expectAccessible(page);
  });

  test('is removed after a question', async () => {
    await choose('Disconnect bot');
    await dialog().getByText('Disconnect ACME agents?').waitFor();
    await dialog().getByRole('button', { name: 'Disconnect bot' }).click();
    await page.getByText('No bot is connected yet').waitFor();
  });

  test('nobody was shown an error by their browser', () => expect(problems).toEqual([]));
});
