import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@clawpool/client';
import type { Operation } from '@clawpool/contracts';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launchBrowser, openPage, type PageOptions, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { signIn } from '../support/person.ts';

let installation: TestInstallation;
let browser: Browser;
/** The operator's page, and the same person through the API. */
let page: Page;
let problems: string[];
let operator: Client;
let folder: string;
const chosen = 'correct horse battery';
const email = () => installation.firstAdmin?.email ?? '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clawpool-browser-'));
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
  ({ page, problems } = await openPage(browser, installation.url));
  await signInThroughPage(page, email(), installation.firstAdmin?.password ?? '', chosen);
  await page.getByRole('link', { name: 'Pool Ops' }).waitFor();
  operator = (await signIn(installation.url, email(), chosen)).client;
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The operation as it ended. */
async function ended(operation: Operation): Promise<Operation> {
  let latest = operation;
  await expect
    .poll(
      async () => {
        latest = await operator.call('operation', { params: { operationId: operation.id } });
        return latest.finishedAt;
      },
      { timeout: 120_000, interval: 200 },
    )
    .not.toBeNull();
  return latest;
}

async function makeTenant(name: string, body: { start?: boolean; configTemplate?: string } = {}): Promise<string> {
  const { tenant, operation } = await operator.call('createTenant', {
    body: { name, tags: { made: 'test' }, ...body },
  });
  expect(await ended(operation)).toMatchObject({ state: 'succeeded' });
  return tenant.id;
}

const dialog = () => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true });
const chooseAction = async (menu: string, name: string) => {
  await page.getByRole('button', { name: menu }).click();
  await page.getByRole('menuitem', { name, exact: true }).click();
};

describe('Config templates', () => {
  test('a template is made; what stays empty comes from the tier', async () => {
    await page.getByRole('link', { name: 'Config templates' }).click();
    await page.getByRole('button', { name: 'New template' }).click();
    await dialog().getByLabel('Name', { exact: true }).fill('Finance');
    await inDialog('Save').click();
    await dialog().getByText('with no hyphen at either end').waitFor();
    await dialog().getByLabel('Name', { exact: true }).fill('finance');
    await dialog().getByLabel('Tier').selectOption({ label: 'Engineering' });
    await dialog().getByLabel('Memory').fill('12');
    await inDialog('Save').click();
    await dialog().getByText('Enter a whole number from 512 to 262,144.').waitFor();
    await dialog().getByLabel('Memory').fill('2048');
    await dialog().getByLabel('Instructions').fill('Round to cents.');
    await expectAccessible(page);
    await inDialog('Save').click();
    await page.locator('[data-template="finance"]').getByText('Version 1').waitFor();
    const { template } = await operator.call('getConfigTemplate', { params: { name: 'finance' } });
    expect(template.content).toEqual({
      description: '',
      tier: 'engineering',
      memoryMegabytes: 2048,
      skills: [],
      skillGroups: [],
      instructions: 'Round to cents.',
    });
    await expectAccessible(page);
  });

  test('the form is filled from the tier', async () => {
    await page.getByRole('button', { name: 'finance', exact: true }).click();
    await inDialog('Fill from the tier').click();
    expect(await dialog().getByLabel('Disk').inputValue()).toBe('8192');
    expect(await dialog().getByLabel('vCPU').inputValue()).toBe('2');
    await inDialog('Cancel').click();
  });

  test('whoever saves second sees what the first one changed, and loses nothing', async () => {
    await page.getByRole('button', { name: 'finance', exact: true }).click();
    await dialog().getByLabel('Description').fill('Mine');
    const jiade = await installation.person('jiade');
    const { template } = await operator.call('getConfigTemplate', { params: { name: 'finance' } });
    await jiade.client.call('putConfigTemplate', {
      params: { name: 'finance' },
      body: { content: { ...template.content, instructions: 'Round to euros.' }, version: 1 },
    });
    await inDialog('Save').click();
    const conflict = page.getByTestId('template-conflict');
    await conflict.getByText('JiaDe Wang saved version 2 while you were editing').waitFor();
    expect(await conflict.locator('[data-field="instructions"]').innerText()).toContain('Round to euros.');
    expect(await dialog().getByLabel('Description').inputValue()).toBe('Mine');
    await expectAccessible(page);
    await conflict.getByRole('button', { name: /Keep mine/ }).click();
    await inDialog('Save').click();
    await page.locator('[data-template="finance"]').getByText('Version 3').waitFor();
  });

  test('two versions are compared, and an earlier one is used again', async () => {
    await chooseAction('Actions for finance', 'Versions');
    await dialog().getByLabel('From').selectOption({ value: '2' });
    expect(await page.locator('[data-field="instructions"]').innerText()).toMatch(/euros[\s\S]*cents/);
    await inDialog('Use version 2 again').click();
    await page.locator('[data-template="finance"]').getByText('Version 4').waitFor();
    const { template } = await operator.call('getConfigTemplate', { params: { name: 'finance' } });
    expect(template).toMatchObject({ version: 4, content: { instructions: 'Round to euros.', description: '' } });
  });

  test('the built-in one is only read and duplicated', async () => {
    await page.getByRole('button', { name: 'default', exact: true }).click();
    expect(await dialog().getByLabel('Description').isDisabled()).toBe(true);
    expect(await inDialog('Save').count()).toBe(0);
    await inDialog('Duplicate').click();
    expect(await dialog().getByLabel('Name', { exact: true }).inputValue()).toBe('default-2');
    await inDialog('Save').click();
    await page.locator('[data-template="default-2"]').waitFor();
  });

  test('one that a tenant uses stays; the others can be deleted', async () => {
    await makeTenant('clerk', { configTemplate: 'finance', start: false });
    await page.reload();
    await chooseAction('Actions for finance', 'Delete');
    await dialog().getByText('1 tenant uses it').waitFor();
    expect(await inDialog('Delete').isDisabled()).toBe(true);
    await inDialog('Cancel').click();
    await chooseAction('Actions for default-2', 'Delete');
    await inDialog('Delete').click();
    await expect.poll(() => page.locator('[data-template="default-2"]').count()).toBe(0);
  });
});

describe('Backups', () => {
  let tenantId: string;
  let file: string;

  test('a tenant’s history opens, and a checkpoint is pinned, noted and verified', async () => {
    tenantId = await makeTenant('keeper');
    const operation = await operator.call('operateTenant', {
      params: { tenantId },
      body: { kind: 'backup', note: 'first' },
    });
    expect(await ended(operation)).toMatchObject({ state: 'succeeded' });

    await page.getByRole('link', { name: 'Backups' }).click();
    await page.getByLabel('Search tenant or note').fill('keeper');
    await page.getByRole('button', { name: /^keeper/ }).click();
    await page.getByLabel('Backups only').check();
    const row = page.getByTestId('checkpoint-row').filter({ hasText: 'first' });
    await row.waitFor();
    await expectAccessible(page);

    await row.getByTestId('checkpoint-actions').click();
    await page.getByRole('menuitem', { name: 'Pin', exact: true }).click();
    await expect.poll(() => row.getAttribute('data-pinned')).toBe('true');

    await row.getByTestId('checkpoint-actions').click();
    await page.getByRole('menuitem', { name: 'Edit note' }).click();
    await dialog().getByLabel('Note').fill('first, before the audit');
    await inDialog('Save').click();
    await row.getByText('first, before the audit').waitFor();

    await row.getByTestId('checkpoint-actions').click();
    await page.getByRole('menuitem', { name: 'Verify' }).click();
    await page.locator('[data-testid="verification"][data-ok="true"]').waitFor();
    await expectAccessible(page);
    await inDialog('Close').first().click();
  });

  test('it is exported as one file, and taken in again after its tenant is gone', async () => {
    const row = page.getByTestId('checkpoint-row').filter({ hasText: 'first' });
    const download = page.waitForEvent('download');
    await row.getByTestId('checkpoint-actions').click();
    await page.getByRole('menuitem', { name: 'Export' }).click();
    file = join(folder, (await download).suggestedFilename());
    await (await download).saveAs(file);

    const gone = await operator.call('operateTenant', {
      params: { tenantId },
      body: { kind: 'delete', keepData: false, skipBackup: true },
    });
    expect(await ended(gone)).toMatchObject({ state: 'succeeded' });

    await page.getByRole('button', { name: 'Import' }).click();
    const wrong = join(folder, 'holiday.txt');
    await writeFile(wrong, 'not a backup');
    await dialog().locator('input[type="file"]').setInputFiles(wrong);
    await dialog().getByText('holiday.txt is not a Clawpool backup').waitFor();
    const broken = join(folder, 'broken.gz');
    await writeFile(broken, Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4]));
    await dialog().locator('input[type="file"]').setInputFiles(broken);
    await dialog().getByText('The backup was not taken in').waitFor();
    await expectAccessible(page);
    await dialog().locator('input[type="file"]').setInputFiles(file);
    await page.getByTestId('imported').waitFor();
    await expectAccessible(page);
  });

  test('and restored into a new tenant, which runs', async () => {
    await inDialog('Restore into a new tenant').click();
    await dialog().getByLabel('Name of the new tenant').fill('keeper-again');
    await expectAccessible(page);
    await inDialog('Restore').click();
    await page.waitForURL(/\/tenants\//);
    await expect
      .poll(async () => (await operator.call('tenant', { params: { tenantId: 'keeper-again' } })).state, {
        timeout: 90_000,
        interval: 300,
      })
      .toBe('running');
  });

  test('retention is changed, and collecting says what it removed', async () => {
    await page.getByRole('link', { name: 'Backups' }).click();
    await chooseAction('More', 'Retention');
    await dialog().getByLabel('Keep backups for').fill('0');
    await inDialog('Save').click();
    await dialog().getByText('Enter a whole number from 1 to 3,650.').waitFor();
    await dialog().getByLabel('Keep backups for').fill('14');
    await expectAccessible(page);
    await inDialog('Save').click();
    await expect.poll(async () => (await operator.call('retention')).days).toBe(14);
    await chooseAction('More', 'Collect now');
    await inDialog('Collect').click();
    await page.getByTestId('collected').waitFor();
    await page.keyboard.press('Escape');
  });
});

describe('Pool Ops', () => {
  test('hosts show their room, and the books are compared on demand', async () => {
    await page.getByRole('link', { name: 'Pool Ops' }).click();
    await page.locator('[data-testid="host"][data-state="active"]').first().waitFor();
    expect(await page.getByTestId('host').first().innerText()).toMatch(/openclaw-2026\.6\.35/);
    await expectAccessible(page);
    await page.getByRole('tab', { name: 'Reconciliation' }).click();
    await page.getByRole('button', { name: 'Reconcile now' }).click();
    await page.locator('[data-testid="reconciled"][data-found]').waitFor();
    await expectAccessible(page);
  });

  test('the bounds of a tier’s warm slots are changed', async () => {
    await page.getByRole('tab', { name: 'Capacity' }).click();
    const group = page.getByTestId('warm-slots').first();
    await group.getByRole('button').click();
    await dialog().getByLabel('At least').fill('5');
    await dialog().getByLabel('At most').fill('3');
    await inDialog('Save').click();
    await dialog().getByText('The least number is larger than the largest.').waitFor();
    await dialog().getByLabel('At least').fill('0');
    await inDialog('Save').click();
    await group.getByText('0 to 3').waitFor();
  });

  test('a batch says how many tenants fit, and then how it went', async () => {
    await page.getByRole('tab', { name: 'Batches' }).click();
    await page.getByLabel('Do what').selectOption({ label: 'Hibernate' });
    await page.getByLabel('With tag').fill('made');
    await page.getByText('Write key:value.').waitFor();
    await page.getByLabel('With tag').fill('made:test');
    await page.locator('[data-testid="batch-count"][data-count="1"]').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Continue' }).click();
    await inDialog('Hibernate').click();
    await page.locator('[data-testid="batch"][data-state="finished"]').first().waitFor({ timeout: 60_000 });
  });

  test('quotas are changed and shown beside what is used', async () => {
    await page.getByRole('tab', { name: 'Quotas' }).click();
    await page.getByRole('button', { name: 'Change quotas' }).click();
    await dialog().getByLabel('Tenants', { exact: true }).fill('500');
    await expectAccessible(page);
    await inDialog('Save').click();
    await page
      .locator('[data-quota="tenants"]')
      .getByText(/ of 500$/)
      .waitFor();
    await expectAccessible(page);
    const { quotas } = await operator.call('quotas');
    expect(quotas).toMatchObject({ tenants: 500, runningTenants: null });
  });
});

describe('Load Test', () => {
  const latest = () => page.getByTestId('load-test').first();

  test('three tenants are made for real and measured', async () => {
    await page.getByRole('link', { name: 'Load Test' }).click();
    await page.getByLabel('Tenants', { exact: true }).fill('501');
    await page.getByLabel('Memory each').fill('512');
    await page.getByRole('button', { name: /^Start/ }).click();
    await page.getByText('Enter a whole number from 1 to 500.').waitFor();
    await page.getByLabel('Tenants', { exact: true }).fill('3');
    await page.getByTestId('room').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Start 3 tenants' }).click();
    await latest().waitFor();
    await expect.poll(() => latest().getAttribute('data-state'), { timeout: 150_000 }).toBe('finished');
    expect(await latest().getAttribute('data-running')).toBe('3');
    expect(await page.getByTestId('percentiles').innerText()).toMatch(/p50[\s\S]*\d m?s/);
    await expectAccessible(page);
    const { total } = await operator.call('listTenants', { query: { group: 'load-test', search: 'lt-' } });
    expect(total).toBe(3);
  });

  test('and are gone after one click', async () => {
    await page.getByRole('button', { name: 'Clean up 3 tenants' }).click();
    await inDialog('Clean up').click();
    await expect.poll(() => latest().getAttribute('data-state'), { timeout: 90_000 }).toBe('cleaned');
    expect((await operator.call('listTenants', { query: { group: 'load-test' } })).total).toBe(0);
  });

  test('no page threw an error or met a policy', () => expect(problems).toEqual([]));
});

test('an auditor sees the pages, without anything to change', async () => {
  const other = await openPage(browser, installation.url);
  await signInThroughPage(other.page, 'nina@acme.example', installation.sample?.password ?? '', chosen);
  for (const [name, refused] of [
    ['Config templates', 'New template'],
    ['Backups', 'Import'],
    ['Pool Ops', 'Continue'],
  ] as const) {
    await other.page.getByRole('link', { name }).click();
    await other.page.getByRole('heading', { name, level: 1 }).waitFor();
    expect(await other.page.getByRole('button', { name: refused }).count()).toBe(0);
  }
  expect(await other.page.getByRole('link', { name: 'Load Test' }).count()).toBe(0);
  expect(other.problems).toEqual([]);
  await other.context.close();
});

test.each<PageOptions>([
  { locale: 'zh-CN', colorScheme: 'dark', width: 360 },
  { locale: 'zh-CN', colorScheme: 'light', width: 1280 },
  { locale: 'en-US', colorScheme: 'dark', width: 1280 },
  { locale: 'en-US', colorScheme: 'light', width: 360 },
])('the pages are accessible and fit: %j', async (options) => {
  const other = await openPage(browser, installation.url, options);
  await other.page.goto('/');
  await other.context.addCookies(await page.context().cookies());
  for (const path of ['/templates', '/backups', '/pool', '/load-test']) {
    await other.page.goto(path);
    await other.page.locator('main li, main form').first().waitFor();
    await expectAccessible(other.page);
    expect(await other.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(options.width ?? 0);
  }
  expect(other.problems).toEqual([]);
  await other.context.close();
});
