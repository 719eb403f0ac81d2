import type { Client } from '@clawpool/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launchBrowser, openPage, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { signIn } from '../support/person.ts';

/** More tenants than one page shows, and people who may do less with them than the operator. */
let installation: TestInstallation;
let browser: Browser;
let page: Page;
let problems: string[];
let operator: Client;
const chosen = 'correct horse battery';
/** One page has 50 rows. */
const many = 53;

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
  ({ page, problems } = await openPage(browser, installation.url));
  const email = installation.firstAdmin?.email ?? '';
  await signInThroughPage(page, email, installation.firstAdmin?.password ?? '', chosen);
  await page.getByRole('link', { name: 'Tenants', exact: true }).click();
  await page.getByRole('button', { name: 'New tenant' }).waitFor();
  operator = (await signIn(installation.url, email, chosen)).client;
  for (let number = 1; number <= many; number++) {
    await operator.call('createTenant', { body: { name: `bulk-${number}`, tags: { set: 'bulk' }, start: false } });
  }
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
});

const dialog = () => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true });
const names = () => page.getByTestId('tenant-row').evaluateAll((rows) => rows.map((one) => one.dataset.name ?? ''));
const inState = async (search: string, state: 'hibernated' | 'stopped') =>
  (await operator.call('listTenants', { query: { search, state, limit: 1 } })).total;

describe('more tenants than one page shows', () => {
  test('are all made, and sleep', async () => {
    await expect.poll(() => inState('bulk-', 'hibernated'), { timeout: 120_000 }).toBe(many);
  });

  test('are turned over page by page, each of them once', async () => {
    await page.goto('/tenants?search=bulk-');
    await page.getByText('1–50 of 53').waitFor();
    const first = await names();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('51–53 of 53').waitFor();
    await expect.poll(async () => (await names()).length).toBe(many - 50);
    expect(new Set([...first, ...(await names())]).size).toBe(many);
    await page.goto('/tenants?search=bulk-&page=9');
    await page.getByText('51–53 of 53').waitFor();
  });

  test('can all be meant, those of other pages too, and nobody else is', async () => {
    await page.goto('/tenants?search=bulk-');
    await page.getByLabel('Select all on this page').check();
    await page.getByTestId('batch-bar').getByText('50 selected').waitFor();
    await page.getByRole('button', { name: 'Select all 53' }).click();
    await page.getByTestId('batch-bar').getByText('53 selected').waitFor();
    await page.getByTestId('batch-bar').getByRole('button', { name: 'Stop' }).click();
    await dialog().getByText('Stop 53 tenants?').waitFor();
    await expectAccessible(page);
    await inDialog('Stop').click();
    await page.getByTestId('batch-progress').getByText('53 done, 0 failed').waitFor({ timeout: 150_000 });
    expect(await inState('bulk-', 'stopped')).toBe(many);
    // Everybody else's sleep on.
    expect((await operator.call('listTenants', { query: { state: 'stopped', limit: 1 } })).total).toBe(many);
  });

  test('are meant by the filter itself where it can say so', async () => {
    const { tenants } = await operator.call('listTenants', { query: { search: 'bulk-', limit: 100 } });
    for (const { id } of tenants) {
      await operator.call('operateTenant', { params: { tenantId: id }, body: { kind: 'hibernate' } });
    }
    await expect.poll(() => inState('bulk-', 'hibernated'), { timeout: 120_000 }).toBe(many);

    await page.goto('/tenants?tag=set:bulk');
    await page.getByText('1–50 of 53').waitFor();
    await page.getByLabel('Select all on this page').check();
    await page.getByRole('button', { name: 'Select all 53' }).click();
    await page.getByTestId('batch-bar').getByRole('button', { name: 'Stop' }).click();
    await dialog().getByText('Every tenant that fits the filter, on all pages.').waitFor();
    const sent = page.waitForRequest(
      (request) => request.url().endsWith('/api/v1/batches') && request.method() === 'POST',
    );
    await inDialog('Stop').click();
    expect((await sent).postDataJSON()).toEqual({ operation: { kind: 'stop' }, filter: { tag: 'set:bulk' } });
    await page.getByTestId('batch-progress').getByText('53 done, 0 failed').waitFor({ timeout: 150_000 });
    expect(await inState('bulk-', 'stopped')).toBe(many);
    expect((await operator.call('listTenants', { query: { state: 'stopped', limit: 1 } })).total).toBe(many);
  });
});

describe('a tenant that begins with another one’s files', () => {
  test('is made through the dialog, once the other is named', async () => {
    // Only what has run has files.
    await operator.call('createTenant', { body: { name: 'source' } });
    await expect
      .poll(async () => (await operator.call('tenant', { params: { tenantId: 'source' } })).state, { timeout: 120_000 })
      .toBe('running');
    await page.goto('/tenants');
    await page.getByRole('button', { name: 'New tenant' }).click();
    await dialog().getByLabel('Name', { exact: true }).fill('copied');
    await dialog().getByLabel('Start it right away').uncheck();
    await dialog().getByText('Files to begin with', { exact: true }).click();
    await dialog().getByLabel('A copy of another tenant’s files').check();
    await inDialog('Create tenant').click();
    await dialog().getByText('Name the tenant whose files are copied.').waitFor();
    await dialog().getByLabel('Tenant to copy').fill('source');
    await inDialog('Create tenant').click();
    await page.getByTestId('toast').filter({ hasText: 'copied is there' }).waitFor({ timeout: 60_000 });
    await expect.poll(() => page.getByTestId('tenant-state').getAttribute('data-state')).toBe('hibernated');
  });
});

describe('whoever may only look', () => {
  async function openAs(id: string): Promise<{ page: Page; close: () => Promise<void> }> {
    const { password } = await installation.person(id);
    const theirs = await openPage(browser, installation.url);
    await signInThroughPage(theirs.page, `${id}@acme.example`, password);
    await theirs.page.getByRole('link', { name: 'Tenants', exact: true }).click();
    await theirs.page.getByTestId('tenant-row').first().waitFor();
    return { page: theirs.page, close: () => theirs.context.close() };
  }

  test.each([
    ['manager Peter', 'peter', ['Overview', 'Timeline', 'Metrics']],
    ['auditor Nina', 'nina', ['Overview', 'Timeline', 'Metrics', 'Checkpoints']],
  ])('the %s sees no button that would be refused', async (_, id, tabs) => {
    const theirs = await openAs(id);
    const { page: theirPage } = theirs;
    for (const name of [/^New tenant/, /^Actions for/]) {
      expect(await theirPage.getByRole('button', { name }).count()).toBe(0);
    }
    expect(await theirPage.getByRole('checkbox').count()).toBe(0);
    await theirPage.getByTestId('tenant-row').first().getByRole('link').click();
    await theirPage.getByTestId('tenant-state').waitFor();
    expect(await theirPage.getByRole('tab').allInnerTexts()).toEqual(tabs);
    expect(await theirPage.getByRole('button', { name: /^(Change|Wake|Start|Stop|Actions)/ }).count()).toBe(0);
    await expectAccessible(theirPage);
    await theirs.close();
  });
});

test('nothing on these pages threw an error', () => {
  expect(problems).toEqual([]);
});
