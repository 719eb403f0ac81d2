import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launchBrowser, openPage, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { Person } from '../support/person.ts';

/** Files, Workspace and My profile, with the files of an agent that really runs. */
let installation: TestInstallation;
let browser: Browser;
let carol: Person;
let tenantId: string;
/** Carol's. */
let page: Page;
let problems: string[];
/** A busy machine takes its time. */
const patience = { timeout: 30_000 };

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
  carol = await installation.person('carol');
  await carol.ask('hello');
  ({ tenantId } = await carol.client.call('agent'));
  await put('MEMORY.md', '# Memory\n\nCarol likes tea.\n');
  await put('memory/2026-03-09.md', 'Nothing much.\n');
  await symlink('/etc/passwd', join(installation.data, 'tenants', tenantId, 'workspace', 'planted'));
  ({ page, problems } = await openPage(browser, installation.url));
  await signInThroughPage(page, 'carol@acme.example', carol.password);
  await page.getByLabel('Message', { exact: true }).waitFor();
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
});

const put = (path: string, text: string) =>
  carol.client.upload('writeFile', { params: { tenantId }, query: { path, expected: 'any' } }, new Blob([text]));
const dialog = () => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true });
const button = (name: string) => page.getByRole('main').getByRole('button', { name, exact: true });
const inTree = (name: string) => page.getByRole('treeitem', { name, exact: true });
const entry = (name: string) => page.locator(`[data-testid="entry"][data-name="${name}"]`);
const action = async (name: string, what: string) => {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: what }).click();
};
const toast = (text: string) => page.getByTestId('toast').getByText(text).waitFor();
const editor = (name: string) => page.getByLabel(`Content of ${name}`);

describe('Files', () => {
  test('shows the workspace: what Clawpool writes is marked, and a planted link is not opened', async () => {
    await page.getByRole('link', { name: 'Files', exact: true }).click();
    await entry('SOUL.md').getByText('Managed').waitFor();
    await entry('planted').getByText('Link').waitFor();
    expect(await entry('planted').getByRole('button', { name: 'planted', exact: true }).count()).toBe(0);
    await expectAccessible(page);
    await entry('SOUL.md').getByRole('button', { name: 'SOUL.md', exact: true }).click();
    await page.getByTestId('managed').getByRole('link', { name: 'Go to My profile' }).waitFor();
    expect(await button('Edit').count()).toBe(0);
    await expectAccessible(page);
  });

  test('the tree is walked with the keyboard', async () => {
    await inTree('SOUL.md').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await inTree('2026-03-09.md').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing much.').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => inTree('2026-03-09.md').count(), patience).toBe(0);
  });

  test('a file is made, written and saved, and shown as it is meant or as it is written', async () => {
    await page.getByRole('navigation', { name: 'Where you are' }).getByRole('button', { name: 'Workspace' }).click();
    await button('New file').click();
    await inDialog('Create').click();
    await dialog().getByText('Enter a name.').waitFor();
    await dialog().getByLabel('Name').fill('notes.md');
    await inDialog('Create').click();
    await editor('notes.md').fill('# Notes\n\nThe first thought.\n');
    await expectAccessible(page);
    await button('Save').click();
    await toast('notes.md is saved');
    await page.getByTestId('rendered').getByRole('heading', { name: 'Notes' }).waitFor();
    await button('Source').click();
    await page.getByTestId('source').getByText('# Notes').waitFor();
    await button('Rendered').click();
  });

  test('what is not saved is asked about before another file is opened', async () => {
    await button('Edit').click();
    await editor('notes.md').fill('# Notes\n\nThe second thought.\n');
    await inTree('MEMORY.md').click();
    await dialog().getByText('Leave without saving?').waitFor();
    await inDialog('Cancel').click();
    expect(await editor('notes.md').inputValue()).toContain('second');
  });

  test('what somebody else saved meanwhile is shown, and then mine is saved over it', async () => {
    await put('notes.md', '# Notes\n\nThe agent’s thought.\n');
    await button('Save').click();
    await dialog().getByTestId('text-diff').getByText('agent’s').waitFor();
    await expectAccessible(page);
    await inDialog('Go on editing').click();
    await button('Save').click();
    await inDialog('Save mine').click();
    await page.getByTestId('rendered').getByText('The second thought.').waitFor();
  });

  test('an earlier version is compared and made the newest again', async () => {
    const versions = async () =>
      (await carol.client.call('listFileVersions', { params: { tenantId }, query: { path: 'notes.md' } })).versions;
    await expect.poll(async () => (await versions()).length, patience).toBeGreaterThan(0);
    await put('notes.md', '# Notes\n\nA third thought.\n');
    await page.reload();
    await page.getByTestId('rendered').getByText('A third thought.').waitFor();
    await button('Versions').click();
    await dialog().getByTestId('version').last().click();
    await dialog().getByTestId('text-diff').getByText('third').waitFor();
    await expectAccessible(page);
    const [download] = await Promise.all([page.waitForEvent('download'), inDialog('Download').click()]);
    expect(download.suggestedFilename()).toBe('notes.md');
    await inDialog('Restore this version').click();
    await toast('notes.md is as it was');
    await expect.poll(() => page.getByRole('main').innerText(), patience).not.toContain('third');
  });

  test('it is renamed, downloaded and deleted', async () => {
    await action('notes.md', 'Rename');
    await dialog().getByLabel('Name').fill('thoughts.md');
    await inDialog('Rename').click();
    await inTree('thoughts.md').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), button('Download').click()]);
    expect(download.suggestedFilename()).toBe('thoughts.md');
    await action('thoughts.md', 'Delete');
    await dialog().getByText('Delete thoughts.md?').waitFor();
    await inDialog('Delete').click();
    await toast('thoughts.md is deleted');
    await expect.poll(() => inTree('thoughts.md').count(), patience).toBe(0);
  });

  test('files are uploaded into a new folder; one that is there is replaced only when that is said', async () => {
    await button('New folder').click();
    await dialog().getByLabel('Name').fill('pictures');
    await inDialog('Create').click();
    await page.getByText('This folder is empty').waitFor();
    const chooser = page.locator('input[type=file]');
    const file = (content: Buffer) => ({ name: 'dot.png', mimeType: 'image/png', buffer: content });
    await chooser.setInputFiles(file(Buffer.from('no picture')));
    await page.locator('[data-testid="upload"][data-state="done"]').waitFor();
    await chooser.setInputFiles(file(dot));
    await page.getByText('A file of this name is there already.').waitFor();
    await expectAccessible(page);
    await button('Replace').click();
    await page.locator('[data-testid="upload"][data-state="done"]').waitFor();
    await button('Dismiss dot.png').click();
    await entry('dot.png').getByRole('button', { name: 'dot.png', exact: true }).click();
    const picture = page.getByRole('img', { name: 'The picture dot.png' });
    await picture.waitFor();
    expect(await picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)).toBe(1);
  });

  test('a folder is filtered, and goes with everything in it', async () => {
    await page.getByRole('navigation', { name: 'Where you are' }).getByRole('button', { name: 'Workspace' }).click();
    await page.getByLabel('Filter by name').fill('pict');
    await expect.poll(() => page.getByTestId('entry').count(), patience).toBe(1);
    await action('pictures', 'Delete');
    await inDialog('Delete').click();
    await page.getByText('Nothing in this folder has such a name.').waitFor();
  });
});

describe('My profile', () => {
  test('says who the person is, and takes what they tell of themselves into USER.md', async () => {
    await page.getByRole('link', { name: 'My profile', exact: true }).click();
    await page.getByRole('region', { name: 'Carol Zhang' }).getByText('Finance Analyst').waitFor();
    await button('Begin with a template').click();
    const about = page.getByLabel('About me, in Markdown');
    expect(await about.inputValue()).toContain('## How I work');
    await about.fill('I work from Lisbon.');
    await button('Save about me').click();
    await toast('About me is saved');
    await page.getByText('What your agent reads about you (USER.md)').click();
    await page.getByTestId('user-file').getByText('I work from Lisbon.').waitFor();
    await expectAccessible(page);
  });

  test('the agent reads it with its next turn', async () => {
    await carol.ask('hello again');
    const query = { path: 'USER.md' };
    const { text } = await carol.client.call('openFile', { params: { tenantId }, query });
    expect(text).toContain('I work from Lisbon.');
  });

  test('another change meanwhile is shown first', async () => {
    await carol.client.call('saveAbout', { body: { about: 'I work from Porto.', expectedVersion: 2 } });
    await page.getByLabel('About me, in Markdown').fill('I work from Faro.');
    await button('Save about me').click();
    await page.getByRole('alert').getByText('I work from Porto.').waitFor();
    await button('Save mine over it').click();
    await expect.poll(async () => (await carol.client.call('myProfile')).about, patience).toBe('I work from Faro.');
  });

  test('the agent’s character is saved, and what is not saved is asked about', async () => {
    const soul = page.getByLabel('Personal SOUL, in Markdown');
    await soul.fill('Answer in rhymes.');
    await page.getByRole('link', { name: 'Files', exact: true }).click();
    await inDialog('Cancel').click();
    await button('Save character').click();
    await toast('Your agent’s character is saved');
  });

  test('what of the character has no room is said while it is written; its own page has preview and history', async () => {
    const soul = page.getByLabel('Personal SOUL, in Markdown');
    await soul.fill(Array.from({ length: 475 }, (_, n) => `This is the line with the number ${n}.`).join('\n'));
    await page
      .getByTestId('layer-warnings')
      .getByText(/^Personal: \d+ lines have no room in SOUL\.md/u)
      .waitFor();
    await expectAccessible(page);
    await page
      .getByRole('region', { name: 'My agent’s character' })
      .getByRole('button', { name: 'Discard changes' })
      .click();
    await page.getByRole('link', { name: 'Preview and history' }).click();
    await page.getByTestId('layer-preview').getByText('Answer in rhymes.').first().waitFor();
    await button('History').click();
    await dialog().getByTestId('layer-version-row').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Back to my profile' }).click();
  });

  test('a note is written for it, and how much of MEMORY.md it sees is told', async () => {
    await button('New note').click();
    await dialog().getByLabel('Note, in Markdown').fill('The audit is on Friday.');
    await expectAccessible(page);
    await inDialog('Save note').click();
    await toast('The note is saved');
    const params = { tenantId };
    const read = async () => (await carol.client.call('openFile', { params, query: { path: 'MEMORY.md' } })).text;
    expect(await read()).toBe('# Memory\n\nCarol likes tea.\nThe audit is on Friday.\n');
    await page.getByTestId('prompt-limit').getByText('50 of 20,000 characters').waitFor();
    await button('New note').click();
    await dialog().getByLabel('Where').selectOption({ index: 1 });
    await dialog().getByLabel('Note, in Markdown').fill('Met Mike.');
    await inDialog('Save note').click();
    await expect.poll(() => page.locator('[data-testid="note"][data-path^="memory/20"]').count(), patience).toBe(2);
  });

  test('what the agent remembers is read, corrected and forgotten', async () => {
    const note = (path: string) => page.locator(`[data-testid="note"][data-path="${path}"]`);
    await note('MEMORY.md').getByRole('button', { name: 'MEMORY.md', exact: true }).click();
    await dialog().getByText('Carol likes tea.').waitFor();
    await inDialog('Edit').click();
    await dialog().getByRole('textbox').fill('Carol likes coffee.\n');
    await inDialog('Save').click();
    await dialog().getByText('Carol likes coffee.').waitFor();
    await expectAccessible(page);
    await dialog().getByRole('button', { name: 'Close', exact: true }).first().click();
    await note('memory/2026-03-09.md').getByRole('button', { name: 'Delete memory/2026-03-09.md' }).click();
    await inDialog('Delete').click();
    await expect.poll(() => note('memory/2026-03-09.md').count(), patience).toBe(0);
  });
});

describe('Workspace', () => {
  test('an admin finds an agent by its person and reads its files, which is in the audit trail', async () => {
    const { page: admins, problems: others } = await openPage(browser, installation.url);
    const admin = await installation.person('jiade');
    await signInThroughPage(admins, 'jiade@acme.example', admin.password);
    await admins.getByRole('link', { name: 'Workspace', exact: true }).click();
    await admins.getByLabel('Find an agent by person, position or department').fill('carol');
    await expect.poll(() => admins.getByTestId('agent-choice').count(), patience).toBe(1);
    await expectAccessible(admins);
    await admins.getByTestId('agent-choice').click();
    await admins.locator('[data-testid="entry"][data-name="MEMORY.md"]').getByText('MEMORY.md').click();
    await admins.getByText('Carol likes coffee.').waitFor();
    await expectAccessible(admins);
    const { events } = await admin.client.call('listAuditEvents', { query: { action: 'file.read' } });
    expect(events[0]).toMatchObject({
      actor: { name: 'JiaDe Wang' },
      target: { id: tenantId },
      detail: { path: 'MEMORY.md' },
    });
    await admins.getByRole('button', { name: 'Another agent' }).click();
    await admins.getByLabel('Find an agent by person, position or department').waitFor();
    expect(others).toEqual([]);
    await admins.context().close();
  });

  test('a manager of another department does not find it', async () => {
    const { page: managers } = await openPage(browser, installation.url);
    const mike = await installation.person('mike');
    await signInThroughPage(managers, 'mike@acme.example', mike.password);
    await managers.getByRole('link', { name: 'Workspace', exact: true }).click();
    await managers.getByLabel('Find an agent by person, position or department').fill('carol');
    await managers.getByText('No agent found').waitFor();
    await managers.goto(`/workspace?agent=${tenantId}`);
    await managers.getByText('This agent could not be opened').waitFor();
    const listing = mike.client.call('listFiles', { params: { tenantId } });
    await expect(listing).rejects.toMatchObject({ code: 'not_found' });
    await managers.context().close();
  });
});

test('a phone shows one thing at a time, without scrolling sideways', async () => {
  await page.setViewportSize({ width: 360, height: 800 });
  await page.goto('/files');
  await entry('MEMORY.md').getByRole('button', { name: 'MEMORY.md', exact: true }).click();
  await page.getByText('Carol likes coffee.').waitFor();
  expect(await page.getByRole('tree').count()).toBe(0);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  await expectAccessible(page);
});

test('nobody was shown an error by their browser', () => expect(problems).toEqual([]));

/** One red point. */
const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
