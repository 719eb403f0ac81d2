import { createHmac } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launchBrowser, openPage, signInThroughPage } from '../support/browser.ts';
import { startIdentityProvider, type TestIdentityProvider } from '../support/identity-provider.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';

let installation: TestInstallation;
let idp: TestIdentityProvider;
let browser: Browser;
/** An admin's page. */
let page: Page;
const problems: string[][] = [];
const chosen = 'correct horse battery';
const wait = { timeout: 20_000 };

beforeAll(async () => {
  [installation, idp, browser] = await Promise.all([
    startTestInstallation({ withConsole: true, privateWebhooks: true }),
    startIdentityProvider(),
    launchBrowser(),
  ]);
  page = await newPage();
  await signInThroughPage(page, 'jiade@acme.example', installation.sample?.password ?? '', chosen);
  await page.getByRole('link', { name: 'Sign-in', exact: true }).click();
});
afterAll(async () => {
  await browser?.close();
  await idp?.close();
  await installation?.close();
});

async function newPage(): Promise<Page> {
  const opened = await openPage(browser, installation.url);
  problems.push(opened.problems);
  return opened.page;
}
const inDialog = (name: string, on = page) =>
  on.getByRole('dialog').or(on.getByRole('alertdialog')).getByRole('button', { name, exact: true });

/** What the app shows for a secret in Base32, so many half minutes from now: no code is taken twice. */
function codeOf(base32: string, step = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...base32].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from((bits.match(/.{8}/gu) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const number = mac.readUInt32BE((mac.at(-1) ?? 0) & 0xf) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, '0');
}

describe('an identity provider', () => {
  const card = () => page.getByTestId('identity-provider');

  test('is added, with where new people go', async () => {
    await page.getByText('No identity provider yet').waitFor();
    await page.getByRole('button', { name: 'Add provider' }).click();
    await inDialog('Add provider').click();
    await page.getByText('Enter an address that begins with https://').waitFor();
    const field = (label: string) => page.getByRole('dialog').getByLabel(label, { exact: true });
    await field('Name on the button').fill('Company login');
    await field('Issuer').fill(idp.issuer);
    await field('Client ID').fill(idp.clientId);
    await field('Client secret').fill(idp.clientSecret);
    await field('E-mail domains').fill('acme.example');
    await field('People nobody knows become employees').check();
    await inDialog('Add provider').click();
    await page.getByText('Choose where new people go.').waitFor();
    await field('Department of new people').selectOption({ label: 'Engineering' });
    await expectAccessible(page);
    await inDialog('Add provider').click();
    await card().waitFor();
    expect(await card().innerText()).toContain('New people go to Engineering');
    idp.redirectUris.add(await page.getByTestId('redirect-uri').innerText());
  });

  test('is tested, and the page says what was found', async () => {
    await card().getByRole('button', { name: 'Test', exact: true }).click();
    await expect.poll(() => page.getByTestId('test-result').getAttribute('data-ok'), wait).toBe('true');
    await expectAccessible(page);
  });

  test('is changed without entering its secret again', async () => {
    await card().getByRole('button', { name: 'Actions for Company login' }).click();
    await page.getByRole('menuitem', { name: 'Change provider' }).click();
    await page.getByRole('dialog').getByLabel('Name on the button').fill('ACME account');
    await inDialog('Save').click();
    await page.locator('[data-testid="identity-provider"][data-name="ACME account"]').waitFor();
  });

  test('lets somebody new in through its own page, as an employee', async () => {
    idp.accounts.set('nia', { email: 'nia@acme.example', email_verified: true, name: 'Nia Okafor' });
    const visitor = await newPage();
    await visitor.goto('/sign-in');
    await expectAccessible(visitor);
    await visitor.getByRole('link', { name: 'Sign in with ACME account' }).click();
    await visitor.locator('input[name="login"]').fill('nia');
    await visitor.locator('input[name="password"]').fill('any');
    await visitor.getByRole('button', { name: 'Sign-in' }).click();
    await visitor.getByRole('button', { name: /Nia Okafor/u }).waitFor();
    await page.reload();
    await page.getByText('1 person has signed in through it').waitFor();
    await visitor.context().close();
  });

  test('that refuses somebody leads back to a page that says why', async () => {
    idp.accounts.set('eve', { email: 'eve@evil.example', email_verified: true });
    const visitor = await newPage();
    await visitor.goto('/sign-in');
    await visitor.getByRole('link', { name: 'Sign in with ACME account' }).click();
    await visitor.locator('input[name="login"]').fill('eve');
    await visitor.locator('input[name="password"]').fill('any');
    await visitor.getByRole('button', { name: 'Sign-in' }).click();
    await visitor.getByText('Your e-mail is of another company').waitFor();
    await expectAccessible(visitor);
    await visitor.context().close();
  });

  test('is switched off and on', async () => {
    await card().getByRole('switch').click();
    await expect.poll(() => card().getByRole('switch').isChecked(), wait).toBe(false);
    await expect
      .poll(async () => (await fetch(`${installation.url}/api/v1/sign-in/options`)).json())
      .toEqual({ providers: [] });
    await card().getByRole('switch').click();
    await expect.poll(() => card().getByRole('switch').isChecked(), wait).toBe(true);
  });
});

describe('a second factor', () => {
  let secret: string;
  let backupCode: string;
  let carol: Page;

  test('is set up when the organization demands it, before anything else', async () => {
    carol = await newPage();
    await signInThroughPage(carol, 'carol@acme.example', installation.sample?.password ?? '', chosen);
    await carol.getByLabel('Message', { exact: true }).waitFor();
    await page.getByRole('tab', { name: 'Rules' }).click();
    await page.getByLabel('Everybody has to').click();
    await page.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
    await carol.reload();
    await carol.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
    await expectAccessible(carol);
    secret = await enrol(carol);
    backupCode = (await carol.getByTestId('backup-codes').getByRole('listitem').first().innerText()).trim();
    await carol.getByRole('button', { name: 'Copy all' }).click();
    const saved = carol.waitForEvent('download');
    await carol.getByRole('button', { name: 'Save as a file' }).click();
    expect((await saved).suggestedFilename()).toContain('backup-codes');
    await expectAccessible(carol);
    await carol.getByRole('button', { name: 'I have kept them' }).click();
    await carol.getByLabel('Message', { exact: true }).waitFor();
  });

  test('is asked for at the next sign-in, and a wrong code is refused', async () => {
    const again = await newPage();
    await signInThroughPage(again, 'carol@acme.example', chosen);
    await again.getByLabel('Code of your app').fill('000000');
    await again.getByRole('button', { name: 'Go on' }).click();
    await again.getByText('The code is wrong, or was used already.').waitFor();
    await expectAccessible(again);
    await again.getByLabel('Code of your app').fill(codeOf(secret, 1));
    await again.getByLabel('Do not ask on this device for 30 days').check();
    await again.getByRole('button', { name: 'Go on' }).click();
    await again.getByLabel('Message', { exact: true }).waitFor();
    await again.context().clearCookies({ name: 'clawpool.session_token' });
    await signInThroughPage(again, 'carol@acme.example', chosen);
    await again.getByLabel('Message', { exact: true }).waitFor();
    await again.context().close();
  });

  test('has new backup codes, and is removed, with password and code', async () => {
    await carol.goto('/second-factor');
    await carol.getByText('10 backup codes are left').waitFor();
    await carol.getByText('1 device is not asked for it').waitFor();
    await expectAccessible(carol);
    await carol.getByRole('button', { name: 'New backup codes' }).click();
    const dialog = carol.getByRole('dialog');
    await dialog.getByLabel('Your password', { exact: true }).fill(chosen);
    await dialog.getByLabel('Code of the app, or a backup code').fill(backupCode);
    await expectAccessible(carol);
    await inDialog('New backup codes', carol).click();
    const fresh = (await carol.getByTestId('backup-codes').getByRole('listitem').first().innerText()).trim();
    await carol.getByRole('button', { name: 'I have kept them' }).click();
    await carol.getByRole('button', { name: 'Remove' }).click();
    await dialog.getByText('you will be led to set up a new one at once').waitFor();
    await dialog.getByLabel('Your password', { exact: true }).fill(chosen);
    await dialog.getByLabel('Code of the app, or a backup code').fill(fresh);
    await inDialog('Remove', carol).click();
    await carol.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
    await enrol(carol);
    await carol.getByRole('button', { name: 'I have kept them' }).click();
  });

  test('is seen by admins, who take it away from whoever has lost it', async () => {
    await enrol(page);
    await page.getByRole('button', { name: 'I have kept them' }).click();
    await page.goto('/sign-in-settings?tab=people');
    await page.getByText(/people should have a second factor and have none yet/u).waitFor();
    await page.getByRole('button', { name: 'With', exact: true }).click();
    await page.getByLabel('Search by name or e-mail').fill('carol');
    const row = page.locator('[data-testid="second-factor"][data-name="Carol Zhang"]');
    await row.getByRole('button', { name: 'Reset the second factor of Carol Zhang' }).click();
    await expectAccessible(page);
    await inDialog('Reset').click();
    await page.getByText('Nobody fits what you are looking for.').waitFor();
    await expectAccessible(page);
  });

  test('and passwords are what the rules say', async () => {
    await page.getByRole('tab', { name: 'Rules' }).click();
    for (const rule of ['Whoever wants one', 'After an identity provider’s sign-in too', 'For admins only'])
      await choose(rule);
    await expectAccessible(page);
    const visitor = await newPage();
    await signInThroughPage(visitor, 'carol@acme.example', chosen);
    await visitor.getByText('Use its button on the sign-in page. Passwords are for admins there.').waitFor();
    await visitor.context().close();
  });

  test('stays the way in: the provider cannot be removed before passwords are for everybody', async () => {
    await page.getByRole('tab', { name: 'Identity providers' }).click();
    const remove = async () => {
      await page.getByRole('button', { name: 'Actions for ACME account' }).click();
      await page.getByRole('menuitem', { name: 'Remove provider' }).click();
      await inDialog('Remove provider').click();
    };
    await remove();
    await page.getByText('It is the only way in for people who may not use a password.').waitFor();
    await inDialog('Cancel').click();
    await page.getByRole('tab', { name: 'Rules' }).click();
    await choose('For everybody');
    await page.getByRole('tab', { name: 'Identity providers' }).click();
    await remove();
    await page.getByText('No identity provider yet').waitFor();
  });
});

test('nobody was shown an error by their browser', () => expect(problems.flat()).toEqual([]));

/** Picks a rule, and waits until the server has it. */
async function choose(rule: string): Promise<void> {
  const saved = page.waitForResponse((response) => response.request().method() === 'PUT');
  await page.getByLabel(rule).click();
  expect((await saved).status()).toBe(200);
  await expect.poll(() => page.getByLabel(rule).isChecked(), wait).toBe(true);
}

/** Password, secret, first code; ends at the backup codes. */
async function enrol(on: Page): Promise<string> {
  await on.getByLabel('Your password', { exact: true }).fill(chosen);
  await on.getByRole('button', { name: 'Set it up' }).click();
  const secret = (await on.getByTestId('secret').innerText()).replaceAll(' ', '');
  await expectAccessible(on);
  await on.getByLabel('Code', { exact: true }).fill(codeOf(secret));
  await on.getByRole('button', { name: 'Switch it on' }).click();
  await on.getByTestId('backup-codes').waitFor();
  return secret;
}
