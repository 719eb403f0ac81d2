import { startTelegramFake, type TelegramFake } from '@clawpool/channels/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  expectAccessible,
  launchBrowser,
  openPage,
  type PageOptions,
  say,
  signInThroughPage,
} from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { Person } from '../support/person.ts';

/** An employee's pages beside the chat: channels, schedules, notifications, the digital twin and its visitors. */
let installation: TestInstallation;
let telegram: TelegramFake;
let browser: Browser;
let carol: Person;
let page: Page;
let problems: string[];

beforeAll(async () => {
  [installation, browser, telegram] = await Promise.all([
    startTestInstallation({ withConsole: true }),
    launchBrowser(),
    startTelegramFake(),
  ]);
  const admin = await installation.person('jiade');
  const { secret, settings } = telegram.account;
  await admin.client.call('addChannelAccount', {
    body: { channel: 'telegram', name: 'ACME bot', secret, mode: 'polling', apiRoot: settings.apiRoot },
  });
  carol = await installation.person('carol');
  ({ page, problems } = await openPage(browser, installation.url));
  await signInThroughPage(page, 'carol@acme.example', carol.password);
  await page.getByLabel('Message', { exact: true }).waitFor();
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
  await telegram?.close();
});

const dialog = () => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true });

describe('My channels', () => {
  const carolsChat = 700_001;

  test('a pairing dialog shows a code, a link and a line to send', async () => {
    await page.getByRole('link', { name: 'My channels' }).click();
    await page.getByRole('button', { name: 'Connect ACME bot' }).click();
    await dialog().getByTestId('qr-code').waitFor();
    const command = await dialog().getByTestId('pairing-command').innerText();
    expect(command).toMatch(/^\/start [A-Z0-9]{12}$/);
    const link = await dialog().getByRole('link', { name: 'Open Telegram' }).getAttribute('href');
    expect(link).toContain(command.replace('/start ', ''));
    await dialog()
      .getByText(/valid for 1[45] min/)
      .waitFor();
    await expectAccessible(page);
  });

  test('it becomes “Connected” by itself when the person has written to the bot', async () => {
    const command = await dialog().getByTestId('pairing-command').innerText();
    telegram.sendFromUser({ userId: carolsChat, name: 'Carol', text: command });
    await dialog().getByText('Connected.', { exact: true }).waitFor({ timeout: 20_000 });
    await inDialog('Done').click();
    const card = page.getByTestId('channel');
    await card.getByText('Connected as Carol').waitFor();
    await expectAccessible(page);
  });

  test('a channel is made the preferred one, or not', async () => {
    const preferred = page.getByRole('switch', { name: 'Schedules and notifications go here' });
    const before = await preferred.getAttribute('aria-checked');
    await preferred.click();
    const after = before === 'true' ? 'false' : 'true';
    await expect.poll(() => preferred.getAttribute('aria-checked')).toBe(after);
    await expect.poll(async () => String((await carol.client.call('myChannels')).bindings[0]?.preferred)).toBe(after);
  });

  test('what is written in the channel stands in the conversation, marked with where it came from', async () => {
    telegram.sendFromUser({ userId: carolsChat, name: 'Carol', text: 'Who are you?' });
    await expect
      .poll(() => telegram.messages(carolsChat).some(({ text }) => /Finance Analyst/.test(text)), { timeout: 90_000 })
      .toBe(true);
    await page.getByRole('link', { name: 'Chat', exact: true }).click();
    await page.getByTestId('conversation').filter({ hasText: 'Who are you?' }).first().click();
    await page.getByText('Sent by Telegram').first().waitFor();
    await page.getByText('What you write in your channels arrives in this conversation').first().waitFor();
  });

  test('a channel is disconnected after a question', async () => {
    await page.getByRole('link', { name: 'My channels' }).click();
    await page.getByRole('button', { name: 'Disconnect ACME bot' }).click();
    await expectAccessible(page);
    await inDialog('Disconnect').click();
    await page.getByRole('button', { name: 'Connect ACME bot' }).waitFor();
    expect((await carol.client.call('myChannels')).bindings).toEqual([]);
  });
});

describe('Schedules', () => {
  test('a schedule is built from days and a time, and its next times are seen before it is saved', async () => {
    await page.getByRole('link', { name: 'Schedules' }).click();
    await page.getByText('Nothing scheduled yet').waitFor();
    await page.getByRole('button', { name: 'New schedule' }).click();
    await inDialog('Save').click();
    await dialog().getByText('Give it a name.').waitFor();
    await dialog().getByLabel('Name', { exact: true }).fill('Morning greeting');
    await dialog().getByLabel('What to ask your agent').fill('Who are you?');
    for (const day of ['Tuesday', 'Wednesday', 'Thursday', 'Friday'])
      await dialog().getByRole('button', { name: day }).click();
    await dialog().getByLabel('Time', { exact: true }).fill('07:30');
    const preview = dialog().getByTestId('timing-preview').getByRole('listitem');
    await expect
      .poll(async () => {
        const times = await preview.allInnerTexts();
        return times.length === 5 && times.every((time) => /Mon.*07:30/s.test(time));
      })
      .toBe(true);
    await expectAccessible(page);
    await inDialog('Save').click();
    const row = page.getByTestId('schedule');
    await row.getByText('Mon at 07:30').waitFor();
    await row
      .getByTestId('next-run')
      .getByText(/^next .*07:30/)
      .waitFor();
    const { schedules } = await carol.client.call('listSchedules', { query: {} });
    expect(schedules).toMatchObject([
      { name: 'Morning greeting', enabled: true, timing: { kind: 'cron', expression: '30 7 * * 1' } },
    ]);
    await expectAccessible(page);
  });

  test('an expression that says nothing is explained, and not saved', async () => {
    await page.getByRole('button', { name: 'Morning greeting', exact: true }).click();
    await dialog().getByRole('button', { name: 'Expression' }).click();
    await dialog().getByLabel('Cron expression').fill('61 25 * * *');
    await expect
      .poll(() => dialog().getByTestId('timing-preview').innerText())
      .not.toMatch(/07:30|appear when the timing is complete/);
    await inDialog('Save').click();
    await dialog().getByRole('alert').waitFor();
    await inDialog('Cancel').click();
  });

  test('it is run now; the result leads to what was said, and is told under the bell', async () => {
    await page.getByRole('button', { name: 'Run “Morning greeting” now' }).click();
    const row = page.getByTestId('schedule');
    await row.locator('[data-testid="run"][data-state="answered"]').waitFor({ timeout: 90_000 });
    await page.getByTestId('unread').waitFor({ timeout: 20_000 });
    await page.getByRole('button', { name: /^Notifications: 1 unread/ }).click();
    const notification = page.getByTestId('notification').first();
    await notification.getByText('Morning greeting').first().waitFor();
    await expectAccessible(page);
    await notification.click();
    await expect.poll(() => page.getByTestId('agent-message').last().innerText()).toContain('Finance Analyst');
    await expect.poll(() => page.getByTestId('unread').count(), { timeout: 10_000 }).toBe(0);
  });

  test('it is switched off, its history is read, and it is deleted', async () => {
    await page.getByRole('link', { name: 'Schedules' }).click();
    await page.getByTestId('schedule').getByRole('switch').click();
    await page.getByText('switched off').waitFor();
    await page.getByRole('button', { name: 'Actions for “Morning greeting”' }).click();
    await page.getByRole('menuitem', { name: 'History' }).click();
    await dialog().locator('[data-testid="run"][data-state="answered"]').waitFor();
    await expectAccessible(page);
    await dialog().getByRole('button', { name: 'Close' }).first().click();
    await page.getByRole('button', { name: 'Actions for “Morning greeting”' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await inDialog('Delete').click();
    await page.getByText('Nothing scheduled yet').waitFor();
  });
});

describe('A digital twin', () => {
  let link: string;

  test('is switched on and has a link', async () => {
    await page.getByRole('link', { name: 'My twin' }).click();
    await page.getByTestId('twin-off').getByLabel('Greeting').fill('I am on leave. Ask my twin.');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Switch on' }).click();
    link = await page.getByTestId('twin-link').innerText();
    expect(link).toMatch(/\/t\/[\w-]{20,}$/);
    await page.getByTestId('twin-on').getByTestId('qr-code').waitFor();
    await expectAccessible(page);
  });

  test('is talked to by somebody who does not sign in', async () => {
    const visit = await openPage(browser, installation.url, { width: 390 });
    await visit.page.goto(new URL(link).pathname);
    await visit.page.getByText('I am on leave. Ask my twin.').waitFor();
    await visit.page.getByRole('heading', { name: 'Carol Zhang’s digital twin' }).waitFor();
    await expectAccessible(visit.page);
    await say(visit.page, 'Who are you?');
    await visit.page.getByTestId('turn-status').first().waitFor();
    const answer = visit.page.getByTestId('agent-message');
    await expect.poll(() => answer.innerText(), { timeout: 90_000 }).toContain('Carol Zhang');
    await expectAccessible(visit.page);
    expect(await visit.context.cookies()).toEqual([]);

    // The same browser finds its conversation again; another one does not.
    await visit.page.reload();
    await expect.poll(() => visit.page.getByTestId('agent-message').count(), { timeout: 20_000 }).toBe(1);
    const other = await openPage(browser, installation.url);
    await other.page.goto(new URL(link).pathname);
    await other.page.getByText('I am on leave. Ask my twin.').waitFor();
    expect(await other.page.getByTestId('person-message').count()).toBe(0);
    expect([visit.problems, other.problems]).toEqual([[], []]);
    await visit.context.close();
    await other.context.close();
  });

  test('tells its owner how often it was looked at', async () => {
    await expect
      .poll(async () => page.getByTestId('twin-on').innerText(), { timeout: 20_000 })
      .toMatch(/Views\s+[1-9][\s\S]*Messages\s+1/);
  });

  test('is gone at once when it is switched off, for visitors who have it open too', async () => {
    const visit = await openPage(browser, installation.url);
    await visit.page.goto(new URL(link).pathname);
    await visit.page.getByText('I am on leave. Ask my twin.').waitFor();
    await page.getByRole('button', { name: 'Switch off' }).click();
    await inDialog('Switch off').click();
    await page.getByTestId('twin-off').waitFor();
    await say(visit.page, 'Still there?');
    await visit.page.getByText('This twin is no longer active').waitFor();
    await visit.page.reload();
    await visit.page.getByText('This twin is no longer active').waitFor();
    await expectAccessible(visit.page);
    await visit.context.close();
  });
});

test('the browser was given no reason to complain', () => expect(problems).toEqual([]));

describe.each<[string, Required<Pick<PageOptions, 'locale' | 'colorScheme' | 'width'>>]>([
  ['in Chinese, dark, 360 pixels wide', { locale: 'zh-CN', colorScheme: 'dark', width: 360 }],
  ['in English, light, 1600 pixels wide', { locale: 'en-US', colorScheme: 'light', width: 1600 }],
])('%s', (_, options) => {
  test.each(['/chat', '/channels', '/schedules', '/twin', '/t/there-is-no-such-twin'])(
    '%s fits and is accessible',
    async (path) => {
      const { context, page: other, problems: complaints } = await openPage(browser, installation.url, options);
      const [cookie] = await page.context().cookies();
      if (cookie) await context.addCookies([cookie]);
      await other.goto(path);
      await other.getByRole('heading').first().waitFor();
      await other.waitForLoadState('load');
      await expectAccessible(other);
      expect(await other.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(options.width);
      expect(complaints).toEqual([]);
      await context.close();
    },
  );
});
