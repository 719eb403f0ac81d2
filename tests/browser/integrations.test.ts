import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import OpenAI from 'openai';
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

/** An integrator's endpoint: what it was told, and what it answers. */
let endpoint: Server;
let answerWith = 204;
const told: { type: string; signature: string }[] = [];

beforeAll(async () => {
  endpoint = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    told.push({ type: JSON.parse(body).type, signature: String(request.headers['webhook-signature']) });
    response.writeHead(answerWith).end();
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  [installation, browser] = await Promise.all([
    startTestInstallation({ withConsole: true, privateWebhooks: true }),
    launchBrowser(),
  ]);
  ({ page, problems } = await openPage(browser, installation.url));
  await signInThroughPage(page, 'jiade@acme.example', installation.sample?.password ?? '', chosen);
  await page.getByRole('link', { name: 'Integrations', exact: true }).click();
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
  endpoint?.close();
});

const dialog = () => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true });

describe('an API key', () => {
  let secret: string;

  test('is made for an agent that is named, and shown once with examples', async () => {
    const tenant = await carolsTenant();
    await page.getByText('No API key yet').waitFor();
    await page.getByRole('button', { name: 'New API key' }).click();
    await inDialog('Make key').click();
    await dialog().getByText('Name at least one agent.').waitFor();
    await expectAccessible(page);
    await dialog().getByLabel('Name', { exact: true }).fill('Support widget');
    await dialog().getByLabel('Agents', { exact: true }).fill(tenant);
    await expect.poll(() => inDialog('Add').isEnabled()).toBe(true);
    await inDialog('Add').click();
    await inDialog('Make key').click();
    secret = await dialog().getByTestId('secret').innerText();
    expect(secret).toMatch(/^cpk_[\w-]{20,}$/);
    await page.keyboard.press('Escape');
    await dialog().getByText('It cannot be shown again.').waitFor();
    await expectAccessible(page);
  });

  test('works in the line that is shown for the shell', async () => {
    const line = await dialog().locator('pre').first().innerText();
    const { stdout } = await promisify(execFile)('sh', ['-c', `${line} --silent --max-time 120`]);
    expect(JSON.parse(stdout).choices[0].message.content).toContain('Finance Analyst');
  });

  test('works in the openai client, and is shown as used', async () => {
    await inDialog('I have stored it').click();
    expect(await page.getByText(secret).count()).toBe(0);
    const client = new OpenAI({ baseURL: `${installation.url}/v1`, apiKey: secret, maxRetries: 0 });
    const [model] = (await client.models.list()).data;
    const { choices } = await client.chat.completions.create({
      model: model?.id ?? '',
      user: 'customer-4711',
      messages: [{ role: 'user', content: 'Who are you?' }],
    });
    expect(choices[0]?.message.content).toContain('Carol Zhang');
    await page.reload();
    const row = page.locator('[data-testid="api-key"][data-name="Support widget"]');
    await expect.poll(() => row.innerText()).toContain('used just now');
    await expectAccessible(page);

    await page.goto('/sessions?path=api');
    await page.locator('[data-testid="session-row"]').filter({ hasText: 'API client' }).first().waitFor();
  });

  test('is refused as soon as it is revoked', async () => {
    await page.goto('/integrations');
    await page.getByRole('button', { name: 'Revoke Support widget' }).click();
    await inDialog('Revoke').click();
    await page.locator('[data-testid="api-key"]').getByText('Revoked').waitFor();
    const client = new OpenAI({ baseURL: `${installation.url}/v1`, apiKey: secret, maxRetries: 0 });
    await expect(client.models.list()).rejects.toMatchObject({ status: 401 });
  });
});

describe('a webhook', () => {
  const card = () => page.getByTestId('webhook');
  const delivery = () => card().getByTestId('delivery').first();

  test('is added with a secret that is shown once', async () => {
    await page.getByRole('tab', { name: 'Webhooks', exact: true }).click();
    await page.getByRole('button', { name: 'New webhook' }).click();
    await dialog().getByLabel('Address of your endpoint').fill('no address');
    await inDialog('Add webhook').click();
    await dialog().getByText('Enter an address that begins with https:// or http://').waitFor();
    const { port } = endpoint.address() as AddressInfo;
    await dialog().getByLabel('Address of your endpoint').fill(`http://127.0.0.1:${port}/told`);
    await inDialog('Add webhook').click();
    expect(await dialog().getByTestId('secret').innerText()).toMatch(/^whsec_/);
    await expectAccessible(page);
    await inDialog('I have stored it').click();
  });

  test('is told of a ping, signed, and the page shows what was sent', async () => {
    await card().getByRole('button', { name: 'Send a ping' }).click();
    await expect.poll(() => delivery().getAttribute('data-state'), { timeout: 20_000 }).toBe('delivered');
    expect(told[0]).toMatchObject({ type: 'ping', signature: expect.stringMatching(/^v1,/) });
    await delivery().getByRole('button').first().click();
    await delivery().getByText('"type": "ping"').waitFor();
    await expectAccessible(page);
  });

  test('that does not take an event is tried again, and says what it answered', async () => {
    answerWith = 503;
    await card().getByRole('button', { name: 'Send a ping' }).click();
    await expect.poll(() => delivery().innerText(), { timeout: 20_000 }).toContain('status 503');
    expect(await delivery().getAttribute('data-state')).toBe('waiting');
    answerWith = 204;
    await expect.poll(() => delivery().getAttribute('data-state'), { timeout: 60_000 }).toBe('delivered');
  });

  test('is switched off, and removed after a question', async () => {
    await card().getByRole('switch').click();
    await expect.poll(() => card().getByRole('button', { name: 'Send a ping' }).isDisabled()).toBe(true);
    await card()
      .getByRole('button', { name: /^Actions for/ })
      .click();
    await page.getByRole('menuitem', { name: 'Remove webhook' }).click();
    await inDialog('Remove webhook').click();
    await page.getByText('No webhook yet').waitFor();
  });
});

test('nobody was shown an error by their browser', () => expect(problems).toEqual([]));

/** The name of Carol's agent, as an admin finds it. */
async function carolsTenant(): Promise<string> {
  const admin = await installation.person('admin');
  const { tenants } = await admin.client.call('listTenants', { query: { search: 'Carol Zhang' } });
  return tenants[0]?.name ?? '';
}
