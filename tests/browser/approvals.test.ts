import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launchBrowser, openPage, type PageOptions, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';

let installation: TestInstallation;
let browser: Browser;
/** Sarah's page, who sells and so writes no files, and an admin's. */
let sarah: Page;
let admin: Page;
const problems: string[][] = [];
const chosen = 'correct horse battery';

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
  sarah = await open('sarah');
  admin = await open('jiade');
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
});

async function open(person: string, options?: PageOptions): Promise<Page> {
  const opened = await openPage(browser, installation.url, options);
  problems.push(opened.problems);
  await signInThroughPage(opened.page, `${person}@acme.example`, installation.sample?.password ?? '', chosen);
  await opened.page.getByRole('navigation').first().waitFor();
  return opened.page;
}

const go = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).click();
const dialog = (page: Page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const inDialog = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true });
const request = (page: Page, resource: string) =>
  page.locator(`[data-testid=access-request][data-resource="${resource}"]`);

describe('a request', () => {
  test('is made for a tool that the position does not include, with a reason', async () => {
    await go(sarah, 'My requests');
    await sarah.getByText('You asked for nothing yet').waitFor();
    await expectAccessible(sarah);
    await sarah.getByRole('button', { name: 'Ask for something' }).first().click();
    await inDialog(sarah, 'Ask').click();
    await dialog(sarah).getByText('Say what you need it for.').waitFor();
    await dialog(sarah).getByLabel('What your agent needs').selectOption({ label: 'Write files in its workspace' });
    await dialog(sarah).getByLabel('What for').fill('The offer goes into a file.');
    await expectAccessible(sarah);
    await inDialog(sarah, 'Ask').click();
    await request(sarah, 'file_write').getByText('Medium risk').waitFor();
    await expectAccessible(sarah);
  });

  test('is taken back, and made again for a host', async () => {
    await request(sarah, 'file_write').getByRole('button', { name: 'Take back my request' }).click();
    await request(sarah, 'file_write').getByText('Taken back', { exact: true }).waitFor();
    await sarah.getByRole('button', { name: 'Ask for something' }).click();
    await dialog(sarah).getByLabel('What your agent needs').selectOption({ label: 'A host on the internet…' });
    await dialog(sarah).getByLabel('Host name').fill('rates.example.com');
    await dialog(sarah).getByLabel('What for').fill('Exchange rates for offers.');
    await inDialog(sarah, 'Ask').click();
    await request(sarah, 'rates.example.com').waitFor();
  });

  test('waits on the dashboard and in Approvals, and is granted for a time', async () => {
    await go(admin, 'Dashboard');
    await admin.getByRole('link', { name: /Requests wait for a decision/ }).click();
    await request(admin, 'rates.example.com').getByText('Sarah Kim').waitFor();
    await expectAccessible(admin);
    await request(admin, 'rates.example.com').getByRole('button', { name: 'Approve' }).click();
    await dialog(admin).getByLabel('How many hours').fill('2');
    await dialog(admin).getByLabel('A word for whoever asked').fill('Until the fair.');
    await expectAccessible(admin);
    await inDialog(admin, 'Approve').click();
    await admin.getByText('Nobody waits for a decision').waitFor();
    await admin.getByRole('tab', { name: 'Decided' }).click();
    await request(admin, 'rates.example.com').getByText('“Until the fair.”').waitFor();
  });

  test('is told of to whoever asked, and the grant is taken back', async () => {
    await sarah.reload();
    await request(sarah, 'rates.example.com').getByText('Granted', { exact: true }).waitFor();
    await admin.getByRole('tab', { name: 'Granted' }).click();
    const grant = admin.locator('[data-testid=grant][data-resource="rates.example.com"]');
    await grant.getByText(/Holds until/).waitFor();
    await expectAccessible(admin);
    await grant.getByRole('button').click();
    await inDialog(admin, 'Take back').click();
    await admin.getByText('Nothing is granted').waitFor();
    await admin.getByRole('button', { name: 'All', exact: true }).click();
    await admin.getByText(/It was taken back/).waitFor();
  });

  test('is rejected with a word', async () => {
    await sarah.getByRole('button', { name: 'Ask for something' }).click();
    await dialog(sarah).getByLabel('What your agent needs').selectOption({ label: 'Use a browser' });
    await dialog(sarah).getByLabel('What for').fill('Looking around.');
    await dialog(sarah).getByLabel('For good').check();
    await inDialog(sarah, 'Ask').click();
    await request(sarah, 'browser').waitFor();
    await admin.getByRole('tab', { name: /Waiting/ }).click();
    await expect.poll(() => request(admin, 'browser').count(), { timeout: 40_000 }).toBe(1);
    await request(admin, 'browser').getByRole('button', { name: 'Reject' }).click();
    await dialog(admin).getByLabel('A word for whoever asked').fill('Not needed in sales.');
    await inDialog(admin, 'Reject').click();
    await admin.getByText('Nobody waits for a decision').waitFor();
  });
});

describe('a manager’s agreement', () => {
  test('is what the admin begins with, and may last as long as the risk of what is decided allows', async () => {
    await sarah.getByRole('button', { name: 'Ask for something' }).click();
    await dialog(sarah).getByLabel('What your agent needs').selectOption({ label: 'A host on the internet…' });
    await dialog(sarah).getByLabel('Host name').fill('crm.example.com');
    await dialog(sarah).getByLabel('What for').fill('Customers of the fair.');
    await dialog(sarah).getByLabel('For good').check();
    await inDialog(sarah, 'Ask').click();
    await request(sarah, 'crm.example.com').getByText('High risk').waitFor();

    const mike = await open('mike');
    await go(mike, 'Approvals');
    await request(mike, 'crm.example.com').getByRole('button', { name: 'Approve' }).click();
    await dialog(mike).getByText('After you an admin has to agree too').waitFor();
    await dialog(mike).getByLabel('Once').check();
    await dialog(mike).getByLabel('A word for whoever asked').fill('only for the audit');
    await inDialog(mike, 'Approve').click();
    await mike.getByRole('tab', { name: 'Granted' }).click();
    await mike.getByText('Nothing is granted').waitFor();
    await mike.context().close();

    await go(admin, 'Approvals');
    await request(admin, 'crm.example.com').getByText('Mike Johnson agreed: once.').waitFor({ timeout: 40_000 });
    await request(admin, 'crm.example.com').getByText('“only for the audit”').waitFor();
    await expectAccessible(admin);
    await request(admin, 'crm.example.com').getByRole('button', { name: 'Approve' }).click();
    expect(await dialog(admin).getByLabel('Once').isChecked()).toBe(true);
    await dialog(admin).getByLabel('For a time').check();
    await dialog(admin).getByLabel('How many hours').fill('48');
    await expectAccessible(admin);
    await inDialog(admin, 'Approve').click();
    await admin.getByText('Nobody waits for a decision').waitFor();
  });

  test('is read in Chinese, with the reasons of the risk', async () => {
    const { page, context } = await openPage(browser, installation.url, { locale: 'zh-CN' });
    await context.addCookies(await admin.context().cookies());
    await page.goto('/approvals?tab=decided');
    const asked = request(page, 'crm.example.com');
    await asked.getByText('智能体可能把它知道的任何内容发送到那里。 申请没有期限。').waitFor();
    await asked.getByText('Mike Johnson 已同意：一次。').waitFor();
    await context.close();
  });
});

describe('the Security Center', () => {
  test('says what runs, and why each tool is or is not allowed', async () => {
    await go(admin, 'Security Center');
    await admin.getByRole('button', { name: 'Every agent' }).click();
    await admin.getByLabel('Search an agent or a person').fill('sarah');
    const row = admin.locator('[data-testid=running-agent]');
    await expect.poll(() => row.count(), { timeout: 20_000 }).toBe(1);
    await row
      .getByText(/the position does not include it/)
      .first()
      .waitFor({ state: 'attached' });
    await expectAccessible(admin);
  });

  test('changes what a tier allows', async () => {
    await admin.getByRole('tab', { name: 'Tiers' }).click();
    await admin.getByRole('button', { name: 'Change the tier Standard' }).click();
    await dialog(admin).getByLabel('Hosts it may reach').fill('api.example.com\n*.trusted.example');
    await expectAccessible(admin);
    await inDialog(admin, 'Save').click();
    await admin.locator('[data-testid=tier-security][data-name=Standard]').getByText('*.trusted.example').waitFor();
    await expectAccessible(admin);
  });

  test('shows which position has which tools', async () => {
    await admin.getByRole('tab', { name: 'Position tools' }).click();
    await admin.getByText('Finance Analyst').waitFor();
    await expectAccessible(admin);
  });

  test('tries a command, adds a pattern and saves it for everybody', async () => {
    await admin.getByRole('tab', { name: 'Always blocked' }).click();
    await admin.getByLabel('Command', { exact: true }).fill('sudo shutdown now');
    await admin.getByRole('button', { name: 'Try it' }).click();
    await admin.getByText('It would not be refused.').waitFor();
    await admin.getByRole('button', { name: 'Add a pattern' }).click();
    await admin.getByLabel('Pattern', { exact: true }).last().fill('\\bshutdown\\b');
    await admin.getByLabel('Why', { exact: true }).last().fill('it ends the machine');
    await admin.getByRole('button', { name: 'Try it' }).click();
    await admin.getByText('It would be refused: it ends the machine.').waitFor();
    await expectAccessible(admin);
    await admin.getByRole('button', { name: 'Save for everybody' }).click();
    await admin.getByText(/Changed by JiaDe Wang/).waitFor();
  });
});

describe('the dashboard', () => {
  test('is made of real figures, and leads on', async () => {
    await go(admin, 'Dashboard');
    await admin.getByRole('heading', { name: 'Set up Clawpool' }).waitFor();
    await admin.getByText('Connect a model').waitFor();
    const employees = admin.locator('dl').getByText('Employees', { exact: true }).locator('..');
    expect(await employees.innerText()).toContain('27');
    await expectAccessible(admin);
    await admin.getByRole('link', { name: 'All of it' }).click();
    await admin.getByRole('heading', { name: 'Audit' }).waitFor();
  });

  test.each([
    { locale: 'zh-CN', colorScheme: 'dark', width: 1280 },
    { locale: 'zh-CN', colorScheme: 'light', width: 360 },
  ] as const)('and the others are accessible in $locale, $colorScheme, $width px', async (options) => {
    const page = (await openPage(browser, installation.url, options)).page;
    await page.context().addCookies(await admin.context().cookies());
    for (const path of [
      '/dashboard',
      '/approvals?tab=decided',
      '/approvals?tab=grants',
      '/security',
      '/security?tab=tiers',
      '/security?tab=blocked',
    ]) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await expect.poll(() => page.locator('main .animate-breathe').count(), { timeout: 20_000 }).toBe(0);
      await expectAccessible(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(options.width);
      if (process.env.SHOTS)
        await page.screenshot({
          path: `${process.env.SHOTS}${path.replaceAll(/\W/g, '-')}-${options.colorScheme}-${options.width}.png`,
          fullPage: true,
        });
    }
    await page.context().close();
  });
});

test('no page threw anything', () => {
  expect(problems.flat()).toEqual([]);
});
