import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launchBrowser, openPage, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';

let installation: TestInstallation;
let browser: Browser;
/** An admin's page. */
let page: Page;
let problems: string[];
const chosen = 'correct horse battery';

/** Feishu's contacts, as its documentation describes them. */
let feishu: Server;
const names = ['Ava', 'Bo', 'Cleo', 'Dan', 'Eve', 'Finn'];
let present = names.length;

beforeAll(async () => {
  feishu = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://feishu');
    const answer = (body: object) => response.end(JSON.stringify({ code: 0, msg: 'ok', ...body }));
    if (request.method === 'POST') {
      const { app_secret } = (await json(request)) as { app_secret: string };
      const good = app_secret === 'right';
      return answer(good ? { tenant_access_token: 't', expire: 7200 } : { code: 10014, msg: 'app secret invalid' });
    }
    if (url.pathname.endsWith('/children')) {
      const item = { name: 'Studio', open_department_id: 'od-1', parent_department_id: '0' };
      return answer({ data: { has_more: false, items: [item] } });
    }
    const inStudio = url.searchParams.get('department_id') === 'od-1';
    const items = names.slice(0, present).map((name) => ({
      ...{ open_id: `ou_${name}`, union_id: `on_${name}`, name, email: `${name.toLowerCase()}@acme.example` },
      ...{ job_title: 'Designer', department_ids: ['od-1'] },
    }));
    const unreachable = { open_id: 'ou_x', union_id: 'on_x', name: 'Without E-mail', department_ids: ['od-1'] };
    return answer({ data: { has_more: false, items: inStudio ? [...items, unreachable] : [] } });
  });
  await new Promise<void>((resolve) => feishu.listen(0, '127.0.0.1', resolve));
  [installation, browser] = await Promise.all([
    startTestInstallation({ withConsole: true, privateWebhooks: true }),
    launchBrowser(),
  ]);
  ({ page, problems } = await openPage(browser, installation.url));
  await signInThroughPage(page, 'jiade@acme.example', installation.sample?.password ?? '', chosen);
  await page.getByRole('link', { name: 'Directory sync', exact: true }).click();
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
  feishu?.close();
});

const dialog = () => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true });
const source = () => page.locator('[data-testid="source"][data-vendor="feishu"]');
const planned = (name: string) => dialog().getByTestId(`planned-${name}`).locator('dd').innerText();

describe('SCIM', () => {
  let token: string;

  test('has a token that is made and shown once', async () => {
    await page.getByText('No token yet.').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'New token' }).click();
    await inDialog('Make token').click();
    await dialog().getByText('Say who will use it.').waitFor();
    await dialog().getByLabel('Name', { exact: true }).fill('Entra ID');
    await inDialog('Make token').click();
    token = await dialog().getByTestId('secret').innerText();
    expect(token).toMatch(/^cps_[\w-]{43}$/);
    await expectAccessible(page);
    await inDialog('I have stored it').click();
  });

  test('brings a person to the address that is shown, and their title becomes a position', async () => {
    const address = await page.getByTestId('scim-address').innerText();
    const response = await fetch(`${address}/Users`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' },
      body: JSON.stringify({ userName: 'zoe@acme.example', displayName: 'Zoe', title: 'Chief Explorer' }),
    });
    expect(response.status).toBe(201);
    await page.reload();
    const mapping = page.locator('[data-testid="mapping"][data-name="Chief Explorer"]');
    await mapping.getByLabel('Position for Chief Explorer').selectOption({ label: 'Software Engineer' });
    await page.getByTestId('toast').getByText('1 person changed.').waitFor();
    const admin = await installation.person('admin');
    const { employees } = await admin.client.call('listEmployees', { query: { search: 'zoe@acme.example' } });
    expect(employees[0]).toMatchObject({ name: 'Zoe', position: 'Software Engineer', source: 'scim' });
    expect(employees[0]?.tenantId).toBeTruthy();
    await expectAccessible(page);
  });

  test('is set up', async () => {
    await page.getByRole('button', { name: 'How it works' }).click();
    await dialog().getByLabel('Departments are parted by').fill('>');
    await dialog().getByText('“Engineering>Backend”').waitFor();
    await dialog().getByRole('radio', { name: 'Remove them' }).check();
    await expectAccessible(page);
    await inDialog('Save').click();
    await page.getByRole('button', { name: 'How it works' }).click();
    await expect
      .poll(() => dialog().getByRole('radio', { name: 'Remove them' }).isChecked(), { timeout: 20_000 })
      .toBe(true);
    await inDialog('Cancel').click();
  });

  test('ends with its token', async () => {
    await page.getByRole('button', { name: 'Revoke Entra ID' }).click();
    await inDialog('Revoke').click();
    await page.getByTestId('scim-token').getByText('Revoked').waitFor();
  });
});

describe('a platform', () => {
  test('is connected, and says what is wrong until it is right', async () => {
    await page.getByRole('button', { name: 'Connect Feishu' }).click();
    await inDialog('Connect').click();
    await dialog().getByText('This is needed.').first().waitFor();
    await dialog().getByLabel('App ID').fill('cli_1');
    await dialog().getByLabel('App secret').fill('wrong');
    await dialog().getByText('Another address').click();
    await dialog()
      .getByLabel('Address', { exact: true })
      .fill(`http://127.0.0.1:${(feishu.address() as AddressInfo).port}`);
    await expectAccessible(page);
    await inDialog('Connect').click();
    await source().getByRole('button', { name: 'Test the connection' }).click();
    await source().getByText('The connection does not work').waitFor();
    await source().getByRole('button', { name: 'Actions for Feishu' }).click();
    await page.getByRole('menuitem', { name: 'Change the connection' }).click();
    await dialog().getByLabel('App secret').fill('right');
    await dialog().getByLabel('Synchronise').selectOption({ label: 'Every 6 hours' });
    await inDialog('Save').click();
    await source().getByText('Every 6 hours').waitFor();
    await source().getByRole('button', { name: 'Test the connection' }).click();
    await source().getByText('The connection works').waitFor();
  });

  test('shows what would happen, and does it', async () => {
    await source().getByRole('button', { name: 'Preview and apply' }).click();
    await expect.poll(() => planned('created'), { timeout: 20_000 }).toBe('6');
    await dialog().getByText('has no e-mail there').waitFor();
    await expectAccessible(page);
    await inDialog('Apply').click();
    await expect
      .poll(() => source().getByTestId('run-state').getAttribute('data-state'), { timeout: 60_000 })
      .toBe('done');
    await source().getByText('6 added').waitFor();
    await page.locator('[data-testid="mapping"][data-name="Designer"]').waitFor();
    await expectAccessible(page);
  });

  test('asks before it suspends many', async () => {
    present = 1;
    await source().getByRole('button', { name: 'Preview and apply' }).click();
    await expect.poll(() => planned('suspended'), { timeout: 20_000 }).toBe('5');
    expect(await inDialog('Apply').isDisabled()).toBe(true);
    await dialog().getByRole('checkbox', { name: 'Suspend these 5 people' }).check();
    await expectAccessible(page);
    await inDialog('Apply').click();
    await source().getByText('5 suspended').waitFor({ timeout: 60_000 });
  });

  test('remembers its runs', async () => {
    await source().getByRole('button', { name: 'Actions for Feishu' }).click();
    await page.getByRole('menuitem', { name: 'History' }).click();
    await expect.poll(() => dialog().getByTestId('run').count(), { timeout: 20_000 }).toBe(2);
    await dialog().getByText('1 person cannot be taken over').first().click();
    await dialog().getByText('Without E-mail').first().waitFor();
    await expectAccessible(page);
    await page.keyboard.press('Escape');
  });

  test('is disconnected after a question; its people stay', async () => {
    await source().getByRole('button', { name: 'Actions for Feishu' }).click();
    await page.getByRole('menuitem', { name: 'Disconnect' }).click();
    await inDialog('Disconnect').click();
    await page.getByRole('button', { name: 'Connect Feishu' }).waitFor();
    const admin = await installation.person('admin');
    const { employees } = await admin.client.call('listEmployees', { query: { search: 'ava@acme.example' } });
    expect(employees[0]).toMatchObject({ name: 'Ava', source: 'local', active: true });
  });
});

test('nobody was shown an error by their browser', () => expect(problems).toEqual([]));
