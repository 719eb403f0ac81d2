import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launchBrowser, openPage, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { signIn } from '../support/person.ts';

let installation: TestInstallation;
let browser: Browser;
/** An admin's page. */
let page: Page;
let problems: string[];
const chosen = 'correct horse battery';

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
  const { email = '', password = '' } = installation.firstAdmin ?? {};
  const operator = await signIn(installation.url, email, password);
  await operator.client.call('createTenant', { body: { name: 'help-desk', start: false } });
  ({ page, problems } = await openPage(browser, installation.url));
  await signInThroughPage(page, 'jiade@acme.example', installation.sample?.password ?? '', chosen);
  await page.getByRole('link', { name: 'Routing', exact: true }).click();
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
});

const dialog = () => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const rule = (owner: string) => page.locator(`[data-testid="rule"][data-owner="${owner}"]`);
const tab = (name: string) => page.getByRole('tab', { name, exact: true });
const decidingStep = () => page.locator('[data-testid="step"][data-decided]');

async function explain(employee: string): Promise<void> {
  await tab('Explain').click();
  await page.getByLabel('Employee', { exact: true }).selectOption({ label: employee });
  await page.getByTestId('resolution').waitFor();
}

describe('a rule', () => {
  test('says how many people it is about before it is set', async () => {
    await page.getByRole('button', { name: 'New rule' }).click();
    await dialog().getByRole('button', { name: 'Set rule' }).click();
    await dialog().getByText('Choose an employee.').waitFor();
    await expectAccessible(page);
    await dialog().getByText('A position', { exact: true }).click();
    await dialog().getByLabel('Position', { exact: true }).selectOption({ label: 'Finance Analyst' });
    await expect.poll(() => dialog().getByTestId('affects').innerText()).toBe('Affects 2 people');
    await dialog().getByText('One employee', { exact: true }).click();
    await dialog().getByLabel('Employee', { exact: true }).selectOption({ label: 'Carol Zhang, Finance Analyst' });
    await expect.poll(() => dialog().getByTestId('affects').innerText()).toBe('Affects 1 person');
  });

  test('is set, and the list shows it', async () => {
    await dialog().getByLabel('Tier', { exact: true }).selectOption({ label: 'Standard' });
    await dialog().getByRole('button', { name: 'Set rule' }).click();
    await expect.poll(() => dialog().count()).toBe(0);
    await expect.poll(() => rule('Carol Zhang').innerText()).toContain('own agent, in tier Standard');
    await expectAccessible(page);
  });

  test('is explained: it decides for Carol, and her colleague’s position decides for him', async () => {
    await explain('Carol Zhang, Finance Analyst');
    await expect.poll(() => decidingStep().innerText()).toContain('Employee’s rule');
    await page.getByTestId('resolution').getByText('Standard').last().waitFor();
    await expectAccessible(page);

    await explain('David Park, Finance Analyst');
    await expect.poll(() => decidingStep().innerText()).toContain('Position’s own tier');
    expect(new URL(page.url()).searchParams.get('employee')).toBe('david');
  });

  test('is removed after a question, and decides no more', async () => {
    await tab('Rules').click();
    await page.getByRole('button', { name: 'Actions for the rule of Carol Zhang' }).click();
    await page.getByRole('menuitem', { name: 'Remove rule' }).click();
    await dialog()
      .getByText(/It decides for 1 person/)
      .waitFor();
    await dialog().getByRole('button', { name: 'Remove rule' }).click();
    await page.getByText('No employee has a rule of their own.').waitFor();
    await explain('Carol Zhang, Finance Analyst');
    await expect.poll(() => decidingStep().innerText()).toContain('Position’s own tier');
  });
});

describe('a team agent', () => {
  test('is shared with an employee by its name', async () => {
    await tab('Team agents').click();
    await page.getByRole('button', { name: 'Share an agent' }).click();
    await dialog().getByLabel('Agent', { exact: true }).fill('help-desc');
    await dialog().getByText('There is no agent of this name.').waitFor();
    await dialog().getByLabel('Agent', { exact: true }).fill('help-desk');
    await dialog().getByLabel('Employee', { exact: true }).selectOption({ label: 'Carol Zhang, Finance Analyst' });
    await dialog().getByRole('button', { name: 'Add', exact: true }).click();
    await page.locator('[data-testid="team"][data-name="help-desk"]').getByText('Carol Zhang').waitFor();
    await expectAccessible(page);
  });

  test('answers when she chooses it', async () => {
    await explain('Carol Zhang, Finance Analyst');
    await page.getByLabel('Team agent they chose').selectOption({ label: 'help-desk' });
    await expect.poll(() => decidingStep().innerText()).toContain('Team agent');
    await page.getByTestId('resolution').getByRole('link', { name: 'help-desk' }).waitFor();
  });

  test('answers in place of her own when a rule says so', async () => {
    await tab('Rules').click();
    await page.getByRole('button', { name: 'New rule' }).click();
    await dialog().getByLabel('Employee', { exact: true }).selectOption({ label: 'David Park, Finance Analyst' });
    await dialog().getByText('Another agent', { exact: true }).click();
    await dialog().getByLabel('Agent', { exact: true }).fill('help-desk');
    await dialog().getByRole('button', { name: 'Set rule' }).click();
    await expect.poll(() => dialog().count()).toBe(0);
    await expect.poll(() => rule('David Park').innerText()).toContain('answered by help-desk');
  });

  test('is taken away again', async () => {
    await tab('Team agents').click();
    await page.getByRole('button', { name: 'Remove Carol Zhang' }).click();
    await dialog().getByRole('button', { name: 'Take away' }).click();
    await expect.poll(() => page.getByTestId('team').getByText('Carol Zhang').count()).toBe(0);
  });
});

test('an auditor reads the rules and can change none', async () => {
  const { page: auditor, context } = await openPage(browser, installation.url, { locale: 'zh-CN', width: 360 });
  const nina = await installation.person('nina');
  await context.addCookies([cookieOf(nina.cookie())]);
  await auditor.goto('/routing');
  await auditor.locator('[data-testid="rule"][data-owner="David Park"]').waitFor();
  expect(await auditor.getByRole('button', { name: '新建规则' }).count()).toBe(0);
  expect(await auditor.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  await expectAccessible(auditor);
  await context.close();
});

test('nobody was shown an error by their browser', () => expect(problems).toEqual([]));

function cookieOf(cookie: string) {
  const [name = '', ...value] = cookie.split('=');
  return { name, value: value.join('='), url: installation.url };
}
