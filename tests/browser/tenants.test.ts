import type { Client } from '@clawpool/client';
import type { Operation } from '@clawpool/contracts';
import type { Browser, Locator, Page } from 'playwright-core';
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
const chosen = 'correct horse battery';
const email = () => installation.firstAdmin?.email ?? '';

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
  ({ page, problems } = await openPage(browser, installation.url));
  await signInThroughPage(page, email(), installation.firstAdmin?.password ?? '', chosen);
  await page.getByRole('link', { name: 'Tenants', exact: true }).click();
  await page.getByRole('button', { name: 'New tenant' }).waitFor();
  operator = (await signIn(installation.url, email(), chosen)).client;
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
});

const dialog = () => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true });
const row = (name: string) => page.locator(`[data-testid="tenant-row"][data-name="${name}"]`);
const tab = (name: string) => page.getByRole('tab', { name, exact: true });
const toast = (text: string) => page.getByTestId('toast').filter({ hasText: text });

async function choose(name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: action, exact: true }).click();
}

/** The state as the page shows it, in a row or on the tenant's own page. */
async function expectState(shown: Locator, state: string): Promise<void> {
  await expect.poll(() => shown.getAttribute('data-state'), { timeout: 90_000 }).toBe(state);
}
const header = () => page.getByTestId('tenant-state');

async function openTenant(name: string): Promise<void> {
  await page.getByRole('link', { name: 'Tenants', exact: true }).click();
  await page.getByLabel('Search tenants').fill(name);
  await row(name).getByRole('link', { name, exact: true }).click();
  await header().waitFor();
}

/** Made without the page, and left asleep. */
async function makeAsleep(name: string): Promise<void> {
  const { operation } = await operator.call('createTenant', { body: { name, start: false } });
  await ended(operation);
}

async function ended(operation: Operation): Promise<void> {
  await expect
    .poll(async () => (await operator.call('operation', { params: { operationId: operation.id } })).state, {
      timeout: 90_000,
    })
    .toBe('succeeded');
}

describe('a tenant is made', () => {
  test('through the dialog, which says what is wrong before anything is sent', async () => {
    await page.getByRole('button', { name: 'New tenant' }).click();
    await dialog().getByLabel('Name', { exact: true }).fill('My Tenant');
    await inDialog('Create tenant').click();
    await dialog().getByText('Something is missing or wrong: name').waitFor();
    await expect
      .poll(() =>
        dialog()
          .getByLabel('Name', { exact: true })
          .evaluate((field) => field === document.activeElement),
      )
      .toBe(true);
    await expectAccessible(page);

    await dialog().getByLabel('Name', { exact: true }).fill('my-tenant');
    await dialog().getByText('Group and tags', { exact: true }).click();
    await dialog().getByLabel('Group', { exact: true }).fill('blue');
    await dialog().getByLabel('Tags').fill('team:x');
    await dialog().getByLabel('Tags').press('Enter');
    await inDialog('Create tenant').click();
    await expectState(header(), 'running');
    await toast('my-tenant is there').waitFor();
    expect(await page.getByText('Ready', { exact: true }).count()).toBe(1);
    expect(await operator.call('tenant', { params: { tenantId: 'my-tenant' } })).toMatchObject({
      state: 'running',
      group: 'blue',
      tags: { team: 'x' },
    });
    await expectAccessible(page);
  });

  test('and a second one of the same name is refused with the reason', async () => {
    await page.getByRole('link', { name: 'Tenants', exact: true }).click();
    await page.getByRole('button', { name: 'New tenant' }).click();
    await dialog().getByLabel('Name', { exact: true }).fill('my-tenant');
    await inDialog('Create tenant').click();
    await dialog()
      .getByRole('alert')
      .getByText(/my-tenant/)
      .waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => dialog().count()).toBe(0);
  });
});

describe('a tenant is stopped and started', () => {
  test('after a question, from its own page', async () => {
    await openTenant('my-tenant');
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await dialog().getByText('Messages wait until somebody starts it again.').waitFor();
    await expectAccessible(page);
    await inDialog('Stop').click();
    await expectState(header(), 'stopped');
    await toast('my-tenant has stopped').waitFor();
  });

  test('at once, from the menu of its row', async () => {
    await page.getByRole('link', { name: 'Tenants', exact: true }).click();
    await choose('my-tenant', 'Start');
    await expectState(row('my-tenant'), 'running');
  });
});

describe('the list', () => {
  test('is searched, filtered, sorted and paged by the server, and the address says so', async () => {
    await page.goto('/tenants');
    await row('my-tenant').waitFor();
    await page.getByLabel('Search tenants').fill('finance analyst');
    await expect.poll(() => page.getByTestId('tenant-row').count()).toBeLessThan(5);
    await page.getByText('Carol Zhang, Finance Analyst').waitFor();
    expect(new URL(page.url()).searchParams.get('search')).toBe('finance analyst');

    await page.goto('/tenants?tag=team:x');
    await expect.poll(() => page.getByTestId('tenant-row').count()).toBe(1);
    await row('my-tenant').waitFor();

    await page.goto('/tenants?group=blue&state=stopped');
    await page.getByText('Nothing matches').waitFor();
    await page.getByRole('button', { name: 'Show all tenants' }).click();
    await row('my-tenant').waitFor();

    const names = () => page.getByTestId('tenant-row').evaluateAll((rows) => rows.map((one) => one.dataset.name ?? ''));
    const ascending = await names();
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
    await expect.poll(names).toEqual(ascending.toReversed());
  });

  test('keeps the columns that were chosen, also after a reload', async () => {
    await page.goto('/tenants');
    await page.getByRole('columnheader', { name: 'Guest address' }).waitFor();
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Guest address' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Host', exact: true }).click();
    await page.keyboard.press('Escape');
    await page.reload();
    await page.getByRole('columnheader', { name: 'Host', exact: true }).waitFor();
    expect(await page.getByRole('columnheader', { name: 'Guest address' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('menuitem', { name: 'Usual columns' }).click();
    await page.getByRole('columnheader', { name: 'Guest address' }).waitFor();
    await expectAccessible(page);
  });

  test('is of use to the keyboard alone: a menu is opened, an action chosen, and the way back leads to where it began', async () => {
    const menu = page.getByRole('button', { name: 'Actions for my-tenant', exact: true });
    await menu.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Stop', exact: true }).press('Enter');
    await dialog().waitFor();
    await expect.poll(() => inDialog('Cancel').evaluate((button) => button === document.activeElement)).toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => menu.evaluate((button) => button === document.activeElement)).toBe(true);
  });

  test('lets two be put to sleep in one go, and tells how many it did', async () => {
    await makeAsleep('second-tenant');
    await row('second-tenant').waitFor();
    await choose('second-tenant', 'Wake');
    await expectState(row('second-tenant'), 'running');
    for (const name of ['my-tenant', 'second-tenant']) await page.getByLabel(`Select ${name}`).check();
    await page.getByTestId('batch-bar').getByText('2 selected').waitFor();
    await expectAccessible(page);
    await page.getByTestId('batch-bar').getByRole('button', { name: 'Hibernate' }).click();
    await dialog().getByText('my-tenant, second-tenant').waitFor();
    await inDialog('Hibernate').click();
    await page.getByTestId('batch-progress').getByText('2 done, 0 failed').waitFor({ timeout: 90_000 });
    await expectState(row('my-tenant'), 'hibernated');
    await expectState(row('second-tenant'), 'hibernated');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Put away' }).click();
  });
});

describe('the page of one tenant', () => {
  test('changes its labels and office hours in place', async () => {
    await openTenant('my-tenant');
    await page.getByRole('button', { name: 'Change name, group and tags' }).click();
    await page.getByRole('button', { name: 'Remove team:x' }).click();
    await page.getByLabel('Tags', { exact: true }).fill('env:prod');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('env:prod', { exact: true }).waitFor();

    await page.getByRole('button', { name: 'Change lifetime and office hours' }).click();
    await page.getByLabel('Expires after').fill('48');
    await page.getByLabel('Runs by a timetable').check();
    await page.getByLabel('Time zone').fill('Europe/Berlin');
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Mon–Fri, 09:00–18:00 (Europe/Berlin)').waitFor();
    const tenant = await operator.call('tenant', { params: { tenantId: 'my-tenant' } });
    expect(tenant).toMatchObject({ tags: { env: 'prod' }, group: 'blue', timetable: { timezone: 'Europe/Berlin' } });
    expect(Date.parse(tenant.expiresAt ?? '')).toBeGreaterThan(Date.now() + 47 * 3_600_000);

    await page.getByRole('button', { name: 'Change lifetime and office hours' }).click();
    await page.getByRole('button', { name: 'Let it never expire' }).click();
    await page.getByLabel('Runs by a timetable').uncheck();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect
      .poll(() => operator.call('tenant', { params: { tenantId: 'my-tenant' } }))
      .toMatchObject({ expiresAt: null, timetable: null });
  });

  test('resizes it', async () => {
    await page.getByRole('button', { name: 'Change resources' }).click();
    await dialog().getByLabel('Memory').fill('100');
    await dialog().getByLabel('CPU cores').fill('0,5');
    await dialog().getByText('Enter a whole number from 512 to 262,144.').waitFor();
    await dialog().getByLabel('Memory').fill('1536');
    await inDialog('Resize').click();
    await toast('my-tenant is resized').waitFor({ timeout: 60_000 });
    await page.getByText('up to 1.5 GiB').waitFor();
    await page.getByText('up to 0.5 cores').waitFor();
  });

  test('shows what was done to it', async () => {
    await tab('Timeline').click();
    const done = (kind: string) => page.locator(`[data-testid="operation-row"][data-kind="${kind}"]`);
    for (const kind of ['create', 'stop', 'start', 'hibernate', 'resize']) {
      await expect.poll(() => done(kind).first().getAttribute('data-state')).toBe('succeeded');
    }
    expect(await page.getByTestId('audit-row').count()).toBeGreaterThan(4);
    await done('create').getByRole('button').click();
    await page.getByText('Deadline', { exact: true }).waitFor();
    await expectAccessible(page);
  });

  test('shows its log to the operator, and says that reading it is recorded', async () => {
    await choose('my-tenant', 'Wake');
    await expectState(header(), 'running');
    await tab('Logs').click();
    await page.getByText('reading them is recorded in the audit log').waitFor();
    await expect
      .poll(async () => (await page.getByTestId('log').innerText()).length, { timeout: 30_000 })
      .toBeGreaterThan(50);
    await expectAccessible(page);
    const { events } = await operator.call('tenantTimeline', { params: { tenantId: 'my-tenant' } });
    expect(events.filter(({ action }) => action === 'tenant.logs_read')).toHaveLength(1);
  });

  test('draws what it used, and says the same as a table', async () => {
    await tab('Metrics').click();
    await page.getByRole('button', { name: '1 hour' }).click();
    const memory = page.getByRole('figure', { name: 'Memory' });
    await memory.getByRole('img', { name: /samples: lowest/ }).waitFor({ timeout: 120_000 });
    await memory.getByText('As a table').click();
    expect(await memory.getByRole('row').count()).toBeGreaterThan(1);
    await expectAccessible(page);
  });

  test('backs it up, pins the backup and restores it', async () => {
    await tab('Checkpoints').click();
    await page.getByRole('button', { name: 'Back up now' }).click();
    await dialog().getByLabel('Note').fill('Before the quarter closes');
    await inDialog('Back up').click();
    await toast('my-tenant is backed up').waitFor({ timeout: 60_000 });
    const kept = page.getByTestId('checkpoint-row').filter({ hasText: 'Before the quarter closes' });
    await kept.getByTestId('checkpoint-actions').click();
    await page.getByRole('menuitem', { name: 'Pin', exact: true }).click();
    await expect.poll(() => kept.getAttribute('data-pinned')).toBe('true');
    await expectAccessible(page);

    await choose('my-tenant', 'Restore');
    const backup = dialog().getByRole('radio', { name: /Before the quarter closes/ });
    await backup.check();
    await expectAccessible(page);
    await inDialog('Restore').click();
    await toast('my-tenant is restored').waitFor({ timeout: 90_000 });
    await expectState(header(), 'running');
    await page.getByTestId('checkpoint-row').filter({ hasText: 'Before a restore' }).waitFor();
  });

  test('clones it', async () => {
    await choose('my-tenant', 'Clone');
    await dialog().getByLabel('Name', { exact: true }).fill('my-copy');
    await dialog().getByLabel('Start it right away').uncheck();
    await inDialog('Clone').click();
    await toast('my-tenant is cloned').waitFor({ timeout: 60_000 });
    expect(await operator.call('tenant', { params: { tenantId: 'my-copy' } })).toMatchObject({
      owner: null,
      state: 'hibernated',
    });
  });

  test('pauses, resumes, restarts, resets and rebuilds it: every entry of its menu does what it says', async () => {
    await choose('my-tenant', 'Pause');
    await expectState(header(), 'paused');
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await expectState(header(), 'running');
    for (const [action, told] of [
      ['Restart', 'my-tenant runs again'],
      ['Reset', 'my-tenant is reset'],
      ['Rebuild', 'my-tenant is rebuilt'],
    ] as const) {
      // The menu is empty while the operation before is still ending.
      await page.getByRole('button', { name: 'Stop', exact: true }).waitFor({ timeout: 90_000 });
      await choose('my-tenant', action);
      await inDialog(action).click();
      await toast(told).waitFor({ timeout: 120_000 });
      await expectState(header(), 'running');
    }
    await choose('my-tenant', 'Move');
    await dialog().getByText('There is no other host').waitFor();
    expect(await inDialog('Move').isDisabled()).toBe(true);
    await inDialog('Cancel').click();
  });

  test('deletes it after saying what is left, and the list finds it among the deleted', async () => {
    await choose('my-tenant', 'Delete');
    await dialog().getByText('A new tenant can be made of them until retention removes the backup.').waitFor();
    await dialog().getByLabel('Also remove all its checkpoints and backups').check();
    expect(await inDialog('Delete everything').isDisabled()).toBe(true);
    await dialog().getByLabel('Also remove all its checkpoints and backups').uncheck();
    await expectAccessible(page);
    await inDialog('Delete').click();
    await expectState(header(), 'deleted');
    await page.goto('/tenants');
    await row('my-copy').waitFor();
    expect(await row('my-tenant').count()).toBe(0);
    await page.getByLabel('Which tenants').selectOption('deleted');
    await row('my-tenant').waitFor();
    expect(await page.getByRole('button', { name: 'Actions for my-tenant' }).count()).toBe(0);
  });

  test('says so when there is no such tenant', async () => {
    await page.goto('/tenants/nobody-at-all');
    await page.getByText('This tenant could not be loaded').waitFor();
    await expectAccessible(page);
  });
});

describe('on other screens', () => {
  test.each([
    ['a phone, in Chinese and dark', { width: 360, locale: 'zh-CN', colorScheme: 'dark' }],
    ['a wide screen, dark', { width: 1600, colorScheme: 'dark' }],
  ] satisfies [string, PageOptions][])('%s shows all of it without scrolling sideways', async (_, options) => {
    const { page: other, context } = await openPage(browser, installation.url, options);
    await context.addCookies(await page.context().cookies());
    for (const [address, sign] of [
      ['/tenants', 'tenant-row'],
      ['/tenants/my-copy', 'tenant-state'],
      ['/tenants/my-copy?tab=timeline', 'operation-row'],
      ['/tenants/my-copy?tab=metrics', 'tenant-state'],
    ] as const) {
      await other.goto(address);
      await other.getByTestId(sign).first().waitFor();
      await expectAccessible(other);
      // A table scrolls in a frame of its own; the page itself never does.
      const areas = other.locator('main .overflow-y-auto');
      const overflow = await areas.evaluateAll((all) =>
        Math.max(...all.map((one) => one.scrollWidth - one.clientWidth)),
      );
      expect(overflow, address).toBeLessThanOrEqual(0);
    }
    await context.close();
  });
});

test('nothing on these pages threw an error', () => {
  expect(problems).toEqual([]);
});
