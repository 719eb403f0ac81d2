import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launchBrowser, openPage, type PageOptions, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { type Person, signIn } from '../support/person.ts';

let installation: TestInstallation;
let browser: Browser;
/** An admin's page; somebody else who may change what holds for everybody, and an admin who may not. */
let admin: Page;
let other: Person;
let plain: Page;
const problems: string[][] = [];
const chosen = 'correct horse battery';

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
  const password = installation.sample?.password ?? '';
  admin = await open('jiade');
  plain = await open('chris');
  other = await signIn(installation.url, 'admin@acme.example', password, chosen);
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

const dialog = (page: Page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const inDialog = (page: Page, name: string) => dialog(page).getByRole('button', { name, exact: true });
const card = (page: Page, name: string) => page.locator(`[data-testid=tier-security][data-name="${name}"]`);
const closed = (page: Page) => expect.poll(() => dialog(page).count()).toBe(0);
const position = (page: Page, name: string) => page.locator(`[data-testid=position-tools][data-name="${name}"]`);

describe('a tier', () => {
  test('is made after another one; what cannot be is said at its field', async () => {
    await admin.goto('/security?tab=tiers');
    await admin.getByRole('button', { name: 'New tier' }).click();
    await dialog(admin).getByLabel('Begin with the values of').selectOption({ label: 'Restricted' });
    await dialog(admin).getByLabel('Hosts it may reach').fill('https://docs.example.com');
    await dialog(admin).getByLabel('Memory', { exact: true }).fill('100');
    await inDialog(admin, 'Make tier').click();
    await dialog(admin).getByText('Enter a name.').waitFor();
    await dialog(admin)
      .getByText(/“https:\/\/docs.example.com” is no host/)
      .waitFor();
    await expectAccessible(admin);
    await dialog(admin).getByLabel('Name', { exact: true }).fill('standard');
    await dialog(admin).getByLabel('Whom it is for').fill('Interns and guests');
    await dialog(admin).getByLabel('Hosts it may reach').fill('docs.example.com');
    await dialog(admin).getByLabel('Memory', { exact: true }).fill('768');
    await inDialog(admin, 'Make tier').click();
    await dialog(admin)
      .getByText(/There is a tier “standard” already/)
      .waitFor();
    await dialog(admin).getByLabel('Name', { exact: true }).fill('Readers');
    await inDialog(admin, 'Make tier').click();
    await closed(admin);
    await card(admin, 'Readers').getByText('Interns and guests').waitFor();
    expect(await card(admin, 'Readers').innerText()).toContain('768 MB memory');
    await expectAccessible(admin);
  });

  test('that somebody else has changed meanwhile shows theirs, and one’s own goes on top', async () => {
    await admin.getByRole('button', { name: 'Change the tier Readers' }).click();
    await dialog(admin).getByLabel('CPU cores').fill('2');
    await dialog(admin)
      .getByText(/hold from an agent’s next start/)
      .waitFor();
    await other.client.call('changeTier', { params: { tierId: 'readers' }, body: { idleMinutes: 45 } });
    await inDialog(admin, 'Save').click();
    await dialog(admin).getByText('Demo Admin has saved another version meanwhile').waitFor();
    expect(await dialog(admin).getByRole('alert').innerText()).toContain('45');
    await expectAccessible(admin);
    await inDialog(admin, 'Keep mine on top').click();
    await inDialog(admin, 'Save').click();
    await closed(admin);
    await card(admin, 'Readers').getByText('sleeps after 45 minutes').waitFor();
    expect(await card(admin, 'Readers').innerText()).toContain('2 CPU');
  });

  test('is given to a position, stays while that names it, and goes after that', async () => {
    await admin.getByRole('tab', { name: 'Position tools' }).click();
    await admin.getByRole('button', { name: 'Change the tier of Finance Analyst' }).click();
    await inDialog(admin, 'Save').click();
    await dialog(admin).getByText('It has this tier already.').waitFor();
    await dialog(admin).getByLabel('Tier', { exact: true }).selectOption({ label: 'Readers' });
    await expectAccessible(admin);
    await inDialog(admin, 'Save').click();
    await position(admin, 'Finance Analyst').getByText('Readers').waitFor();

    await admin.getByRole('tab', { name: 'Tiers', exact: true }).click();
    await card(admin, 'Readers').getByText('1 position, 2 agents').waitFor();
    await admin.getByRole('button', { name: 'Delete the tier Readers' }).click();
    await dialog(admin).getByTestId('tier-use').getByText('Finance Analyst').waitFor();
    expect(await inDialog(admin, 'Delete').isDisabled()).toBe(true);
    await expectAccessible(admin);
    await admin.keyboard.press('Escape');

    await other.client.call('changePosition', { params: { positionId: 'pos-fa' }, body: { tierId: 'restricted' } });
    await admin.getByRole('button', { name: 'Delete the tier Readers' }).click();
    await dialog(admin)
      .getByText(/Nothing names it/)
      .waitFor();
    await inDialog(admin, 'Delete').click();
    await closed(admin);
    await expect.poll(() => card(admin, 'Readers').count()).toBe(0);
  });

  test('is loosened by nobody who may not change what holds for everybody, and says why', async () => {
    await plain.goto('/security?tab=tiers');
    await plain.getByRole('button', { name: 'Change the tier Standard' }).click();
    expect(await dialog(plain).getByLabel('Driver', { exact: true }).isDisabled()).toBe(true);
    expect(await dialog(plain).getByLabel('Run commands in its workspace').isDisabled()).toBe(true);
    await dialog(plain).getByLabel('Hosts it may reach').fill('more.example.com');
    await inDialog(plain, 'Save').click();
    await dialog(plain)
      .getByText(/“more.example.com” is new/)
      .waitFor();
    await expectAccessible(plain);
    await dialog(plain).getByLabel('Hosts it may reach').fill('');
    await dialog(plain).getByLabel('Processes at most').fill('100');
    await inDialog(plain, 'Save').click();
    await closed(plain);
    await card(plain, 'Standard')
      .getByText(/100 processes/)
      .waitFor();
  });

  test('is shown under Routing, which leads to where it is changed', async () => {
    await admin.goto('/routing?tab=tiers');
    await admin.locator('[data-testid=tier][data-name=Standard]').waitFor();
    await expectAccessible(admin);
    await admin.getByRole('link', { name: 'Tiers are made and changed in the Security Center.' }).click();
    await card(admin, 'Standard').waitFor();
  });
});

test('an agent that is nobody’s own is given fewer tools than its tier allows, and another tier', async () => {
  const { tenant } = await other.client.call('createTenant', {
    body: { name: 'help-desk', tier: 'standard', start: false },
  });
  await admin.goto(`/tenants/${tenant.id}`);
  await admin.getByText('All that its tier allows').waitFor();
  await admin.getByRole('button', { name: 'Change what it may do' }).click();
  await dialog(admin).getByLabel('Tier', { exact: true }).selectOption({ label: 'Restricted' });
  await dialog(admin).getByLabel('All that its tier allows').uncheck();
  await dialog(admin).getByLabel('Search the web').uncheck();
  await expectAccessible(admin);
  await inDialog(admin, 'Save').click();
  await closed(admin);
  const rights = admin.getByRole('region', { name: 'What it may do' });
  await expect.poll(() => rights.innerText()).toContain('Restricted');
  expect(await rights.innerText()).toContain('Read files');
  expect(await rights.innerText()).not.toContain('Web');
  expect(await other.client.call('sharedAgentRights', { params: { tenantId: tenant.id } })).toMatchObject({
    tools: ['file'],
  });
  await expectAccessible(admin);
});

describe('what is always blocked', () => {
  const last = (label: string) => admin.getByLabel(label, { exact: true }).last();

  test('is not saved while a pattern has no reason or cannot be used', async () => {
    await admin.goto('/security?tab=blocked');
    await admin.getByRole('button', { name: 'Add a pattern' }).click();
    await last('Pattern').fill('\\bshutdown(');
    await admin.getByRole('button', { name: 'Save for everybody' }).click();
    await admin.getByText('Say why: the agent and the person are told.').waitFor();
    await expectAccessible(admin);
    await last('Why').fill('it ends the machine');
    await admin.getByRole('button', { name: 'Save for everybody' }).click();
    await expect.poll(() => last('Pattern').getAttribute('aria-invalid')).toBe('true');
    await last('Pattern').fill('\\bshutdown\\b');
  });

  test('keeps what was typed when somebody else has saved meanwhile', async () => {
    const { commandPatterns, version } = await other.client.call('getToolPolicy', {});
    const theirs = [...commandPatterns, { pattern: '\\bhalt\\b', why: 'it stops the machine' }];
    await other.client.call('saveToolPolicy', {
      body: { blockedTools: ['browser'], commandPatterns: theirs, expectedVersion: version },
    });
    await admin.getByRole('button', { name: 'Save for everybody' }).click();
    await admin.getByText('Demo Admin has saved another version meanwhile').waitFor();
    await admin.getByRole('alert').getByText('it stops the machine').waitFor();
    expect(await last('Pattern').inputValue()).toBe('\\bshutdown\\b');
    await expectAccessible(admin);
    await admin.getByRole('button', { name: 'Keep mine instead' }).click();
    await admin.getByRole('button', { name: 'Save for everybody' }).click();
    await admin.getByText(/Changed by JiaDe Wang/).waitFor();
    const saved = await other.client.call('getToolPolicy', {});
    expect(saved.commandPatterns.at(-1)).toEqual({ pattern: '\\bshutdown\\b', why: 'it ends the machine' });
    expect(saved.blockedTools).toEqual([]);
  });
});

test.each([
  { locale: 'en-US', colorScheme: 'light', width: 1600 },
  { locale: 'zh-CN', colorScheme: 'dark', width: 1280 },
  { locale: 'zh-CN', colorScheme: 'light', width: 360 },
] as const)('everything fits and is accessible in $locale, $colorScheme, $width px', async (options) => {
  const { page } = await openPage(browser, installation.url, options);
  await page.context().addCookies(await admin.context().cookies());
  const look = async (name: string) => {
    await expectAccessible(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(options.width);
    if (process.env.SHOTS)
      await page.screenshot({ path: `${process.env.SHOTS}-${name}-${options.colorScheme}-${options.width}.png` });
  };
  for (const tab of ['positions', 'blocked', 'tiers']) {
    await page.goto(`/security?tab=${tab}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await expect.poll(() => page.locator('main .animate-breathe').count()).toBe(0);
    await look(tab);
  }
  await card(page, 'Standard').getByRole('button').first().click();
  await dialog(page).waitFor();
  await look('change');
  await page.keyboard.press('Escape');
  await card(page, 'Standard').getByRole('button').last().click();
  await dialog(page).getByTestId('tier-use').waitFor();
  await look('delete');
  await page.context().close();
});

test('no page threw anything', () => {
  expect(problems.flat()).toEqual([]);
});
