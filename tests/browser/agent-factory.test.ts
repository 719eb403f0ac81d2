import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, lastAnswer, launchBrowser, openPage, say, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { Person } from '../support/person.ts';

let installation: TestInstallation;
let browser: Browser;
/** An admin with the permission `policy`. */
let page: Page;
let problems: string[];
/** A colleague who changes things meanwhile, through the API. */
let chris: Person;
const soon = { timeout: 20_000 };

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
  chris = await installation.person('chris');
  const { departments } = await chris.client.call('listDepartments');
  const departmentId = departments.find(({ name }) => name === 'Engineering')?.id ?? '';
  const body = { name: 'Nora Newman', email: 'nora@acme.example', departmentId, positionId: null };
  await chris.client.call('createEmployee', { body });
  ({ page, problems } = await openPage(browser, installation.url));
  const jiade = await installation.person('jiade');
  await signInThroughPage(page, 'jiade@acme.example', jiade.password);
  await page.getByRole('link', { name: 'Agent Factory', exact: true }).click();
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
});

const button = (name: string, of = page) => of.getByRole('button', { name, exact: true });
const dialog = () => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true });
const rows = () => page.getByTestId('agent-row');
const settingsOf = (owner: string) => page.locator(`[data-testid="settings-row"][data-owner="${owner}"]`);
const card = (title: string) => page.getByRole('region', { name: title, exact: true });

describe('the list of agents', () => {
  test('shows whose each is and what it is made of, and is searched and filtered', async () => {
    await rows().first().waitFor();
    await expectAccessible(page);
    await page.getByLabel('Search agents').fill('ryan software');
    await expect.poll(() => rows().count(), soon).toBe(1);
    const row = await rows().innerText();
    for (const words of ['Ryan Park', 'Software Engineer', 'Tier Engineering', 'demo/demo', '6 tools', 'Asleep']) {
      expect(row).toContain(words);
    }
    await page.getByRole('link', { name: 'Position: version 1' }).waitFor();
    await page.getByRole('button', { name: /^Asleep/ }).click();
    await page.getByLabel('Search agents').fill('nobody of this name');
    await button('Show all agents').click();
    await expect.poll(() => rows().count(), soon).toBeGreaterThan(20);
  });

  test('makes an agent for somebody who has none', async () => {
    await button('New agent').click();
    await page.getByRole('menuitem', { name: 'For an employee' }).click();
    await inDialog('Make agent').click();
    await dialog().getByText('Choose somebody.').waitFor();
    await dialog().getByLabel('Employee', { exact: true }).selectOption({ label: 'Nora Newman, Engineering' });
    await dialog().getByText('Without a position the agent has no tools, and the first tier.').waitFor();
    expect(await dialog().getByLabel('Name', { exact: true }).inputValue()).toBe('nora-newman');
    await expectAccessible(page);
    await inDialog('Make agent').click();
    await page.getByRole('heading', { name: 'Agent of Nora Newman' }).waitFor();
    const { agents } = await chris.client.call('listAgentOverviews', { query: { search: 'nora' } });
    expect(agents).toMatchObject([{ kind: 'personal', owner: { name: 'Nora Newman' } }]);
  });

  test('leads to the dialog for a team’s', async () => {
    await page.getByRole('link', { name: 'All agents' }).click();
    await button('New agent').click();
    await page.getByRole('menuitem', { name: 'For a team' }).click();
    await dialog().getByText('New tenant').first().waitFor();
    await inDialog('Cancel').click();
  });
});

describe('the configuration', () => {
  test('sets something for a position', async () => {
    await page.getByRole('tab', { name: 'Configuration' }).click();
    await button('Set for a position').click();
    await inDialog('Continue').click();
    await dialog().getByText('Choose a position.').waitFor();
    await dialog().getByLabel('Position').selectOption('pos-sde');
    await inDialog('Continue').click();
    await dialog().getByLabel('Context window').fill('5');
    await inDialog('Save').click();
    await dialog().getByText('8,000').waitFor();
    await dialog().getByLabel('Context window').fill('64000');
    await dialog().getByLabel('Long conversations').selectOption('default');
    await expectAccessible(page);
    await inDialog('Save').click();
    await expect.poll(() => settingsOf('position/pos-sde').innerText(), soon).toContain('64,000 tokens');
    await expectAccessible(page);
  });

  test('shows what somebody else has changed meanwhile, before anything is overwritten', async () => {
    await button('Change what is set for Software Engineer').click();
    await dialog().getByLabel('Longest answer').fill('4096');
    const { rows: saved } = await chris.client.call('listAgentSettings');
    const mine = saved.find(({ ownerId }) => ownerId === 'pos-sde');
    await chris.client.call('saveAgentSettings', {
      params: { scope: 'position', ownerId: 'pos-sde' },
      body: {
        settings: { ...mine?.settings, contextWindow: 32_000 } as never,
        expectedVersion: mine?.version ?? 0,
      },
    });
    await inDialog('Save').click();
    await dialog().getByText('Chris Morgan has changed these settings meanwhile').waitFor();
    await dialog().getByText('32,000 tokens').waitFor();
    await expectAccessible(page);
    await inDialog('Take theirs').click();
    expect(await dialog().getByLabel('Context window').inputValue()).toBe('32000');
    await dialog().getByLabel('Longest answer').fill('4096');
    await inDialog('Save').click();
    await expect.poll(() => settingsOf('position/pos-sde').innerText(), soon).toContain('4,096 tokens');
  });

  test('sets something for a person and for everybody, and takes it away again', async () => {
    await button('Set for a person').click();
    await dialog().getByLabel('Find a person').fill('sophie');
    await dialog().getByLabel('Employee', { exact: true }).selectOption({ label: 'Sophie Turner, Software Engineer' });
    await inDialog('Continue').click();
    await dialog().getByText('set for the position Software Engineer').first().waitFor();
    await dialog().getByLabel('Answers in').fill('Deutsch');
    await inDialog('Save').click();
    const row = page.getByTestId('settings-row').filter({ hasText: 'Sophie Turner' });
    await row.getByText('Deutsch').waitFor();
    await button('Change what is set for Sophie Turner').click();
    await inDialog('Set nothing').click();
    await page.getByText('Nothing is set for a person.').waitFor();

    await button('Change what is set for ACME Corp').click();
    await dialog().getByLabel('Answers in').fill('English');
    await inDialog('Save').click();
    await settingsOf('organization/-').getByText('English').waitFor();
  });
});

describe('the page of an agent', () => {
  test('shows what holds and where it comes from, and sets it for the person', async () => {
    await page.getByRole('tab', { name: 'Agents', exact: true }).click();
    await page.getByLabel('Search agents').fill('ryan');
    await page.getByRole('link', { name: 'Ryan Park' }).click();
    const settings = card('Model and conversation');
    await settings.getByText('32,000 tokens').waitFor();
    await settings.getByText('set for everybody at ACME Corp').waitFor();
    await expect.poll(() => page.locator('[data-testid="tool"][data-allowed="true"]').count()).toBe(6);
    await expectAccessible(page);
    await settings.getByRole('button', { name: 'Change what is set for Ryan Park' }).click();
    await dialog().getByLabel('Answers in').fill('中文');
    await inDialog('Save').click();
    await settings.getByText('set for Ryan Park').waitFor();
    await settings.getByText('中文').waitFor();
  });

  test('leads to its texts, its files, its sessions and its tenant, and back', async () => {
    const address = page.url();
    await page.getByRole('link', { name: 'Edit SOUL' }).click();
    await page.getByLabel('Text of this layer (Markdown)').waitFor();
    await page.goto(address);
    await card('SOUL layers')
      .getByRole('link', { name: /Software Engineer/ })
      .click();
    await page.waitForURL('**/soul/position/pos-sde');
    for (const [name, there] of [
      ['Workspace', '/workspace'],
      ['Sessions', '/sessions'],
      ['Tenant', '/tenants/'],
    ] as const) {
      await page.goto(address);
      await page.locator('main').getByRole('link', { name, exact: true }).click();
      await page.waitForURL((url) => url.pathname.startsWith(there));
    }
    await page.goto(address);
  });

  test('opens the playground, counts what was used, and restarts what runs', async () => {
    const address = page.url();
    expect(await button('Restart').count()).toBe(0);
    await button('Playground').click();
    await page.waitForURL(/\/chat\/.+/);
    await say(page, 'Who are you?');
    expect(await lastAnswer(page, 1)).toContain('Ryan Park');
    await page.goto(address);
    await page
      .getByRole('figure', { name: /^Model calls/ })
      .getByText(/^[1-9]\d* calls?$/)
      .waitFor();
    await button('Restart').click();
    await inDialog('Restart').click();
    await expect
      .poll(
        async () => {
          const tenantId = address.split('/').at(-1) ?? '';
          const { operations } = await chris.client.call('listTenantOperations', { params: { tenantId } });
          return operations.find(({ kind }) => kind === 'restart')?.state;
        },
        { timeout: 90_000 },
      )
      .toBe('succeeded');
  });
});

test('a manager sees their own department’s agents and no button that would be refused, on a phone', async () => {
  const mike = await installation.person('mike');
  const manager = await openPage(browser, installation.url, { width: 360, colorScheme: 'dark' });
  await signInThroughPage(manager.page, 'mike@acme.example', mike.password);
  await button('Open menu', manager.page).waitFor();
  await manager.page.goto('/agents');
  await manager.page.getByTestId('agent-row').first().waitFor();
  expect(await manager.page.getByRole('link', { name: 'Ryan Park' }).count()).toBe(0);
  expect(await button('New agent', manager.page).count()).toBe(0);
  await expectAccessible(manager.page);
  await manager.page.getByTestId('agent-row').first().getByRole('link').first().click();
  await manager.page.getByRole('link', { name: 'Edit SOUL' }).waitFor();
  expect(await button('Playground', manager.page).count()).toBe(0);
  await manager.page.goto('/agents?tab=configuration');
  await manager.page.getByTestId('settings-row').first().waitFor();
  expect(await manager.page.getByRole('button', { name: /^(Set for|Change what)/ }).count()).toBe(0);
  await expectAccessible(manager.page);
  expect(manager.problems).toEqual([]);
});

test('nobody was shown an error by their browser', () => expect(problems).toEqual([]));
