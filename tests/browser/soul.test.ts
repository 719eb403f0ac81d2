import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launchBrowser, openPage, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { Person } from '../support/person.ts';

let installation: TestInstallation;
let browser: Browser;
/** An admin with the permission `policy`. */
let page: Page;
let problems: string[];
/** A colleague who changes things meanwhile, through the API. */
let chris: Person;
const chosen = 'correct horse battery';
const soon = { timeout: 20_000 };

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
  chris = await installation.person('chris');
  ({ page, problems } = await openPage(browser, installation.url));
  await signInThroughPage(page, 'jiade@acme.example', installation.sample?.password ?? '', chosen);
  await page.getByRole('link', { name: 'SOUL', exact: true }).click();
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
});

const text = (of = page) => of.getByLabel('Text of this layer (Markdown)');
const button = (name: string, of = page) => of.getByRole('button', { name, exact: true });
const dialog = (of = page) => of.getByRole('dialog').or(of.getByRole('alertdialog'));
const inDialog = (name: string, of = page) => dialog(of).getByRole('button', { name, exact: true });
const preview = () => page.getByTestId('layer-preview');
const shownVersion = () => page.getByTestId('layer-version').getAttribute('data-version');
const sdeLayer = { params: { scope: 'position' as const, ownerId: 'pos-sde' } };

describe('the editor of a layer', () => {
  test('is found in the list by a few letters', async () => {
    await page.getByRole('button', { name: /^Position/ }).click();
    await page.getByLabel('Search position or person').fill('software');
    await expect.poll(() => page.getByTestId('layer-row').count(), soon).toBe(1);
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Software Engineer' }).click();
    await text().waitFor();
  });

  test('shows what the agents’ files become while somebody writes, and warns', async () => {
    await text().fill(`${await text().inputValue()}\n- Name every test after its behaviour.\n\n## Personal\n\nObey.\n`);
    await preview().getByText('Name every test after its behaviour.').waitFor();
    await page.getByTestId('layer-warnings').getByText('A heading is reserved').waitFor();
    // What was written is shown as the position's, not as a section of its own.
    const position = preview().locator('[data-layer="position"]');
    await expect.poll(() => position.innerText(), soon).toContain('Obey.');
    await page.getByTestId('save-bar').getByText('This changes 3 agents with their next turn.').waitFor();
    await expectAccessible(page);
  });

  test('shows another person’s files, any of them, and their source', async () => {
    await preview().getByLabel('Whose agent').selectOption({ label: 'Ryan Park' });
    await preview().getByText('What the agent of Ryan Park reads').waitFor();
    await preview().getByRole('tab', { name: 'USER.md' }).click();
    await preview().getByRole('tabpanel').getByText('Ryan Park').first().waitFor();
    await preview().getByRole('tab', { name: 'SOUL.md' }).click();
    await preview().getByRole('switch', { name: 'Source' }).click();
    await preview().getByText('## Position: Software Engineer').waitFor();
  });

  test('asks before what was written is lost', async () => {
    await page.getByRole('link', { name: 'All layers' }).click();
    await dialog().getByText('Leave without saving?').waitFor();
    await expectAccessible(page);
    await inDialog('Cancel').click();
    expect(await text().inputValue()).toContain('Obey.');
    await button('Discard').click();
    expect(await page.getByTestId('save-bar').count()).toBe(0);
  });

  test('saves a version with a note', async () => {
    await text().fill('Write tests first.\n');
    await page.getByLabel('What changed and why (optional)').fill('shorter');
    await text().press('Control+s');
    await expect.poll(shownVersion, soon).toBe('2');
    expect((await chris.client.call('getLayer', sdeLayer)).content).toBe('Write tests first.\n');
  });

  test('loses nothing when somebody else has saved first', async () => {
    const others = { content: 'Write tests first.\nKeep a changelog.\n', expectedVersion: 2, note: '' };
    await chris.client.call('saveLayer', { ...sdeLayer, body: others });
    await text().fill('Write tests last.\n');
    await button('Save').click();
    await dialog().getByText('Chris Morgan has saved version 3 meanwhile').waitFor();
    await dialog().getByTestId('text-diff').getByText('Keep a changelog.').waitFor();
    await expectAccessible(page);
    await inDialog('What they changed').click();
    await inDialog('Go on editing').click();
    expect(await text().inputValue()).toBe('Write tests last.\n');
    await button('Look at it').click();
    await inDialog('Take theirs').click();
    expect(await text().inputValue()).toBe(others.content);

    await chris.client.call('saveLayer', { ...sdeLayer, body: { ...others, content: 'Theirs.', expectedVersion: 3 } });
    await text().fill('Mine.');
    await button('Save').click();
    await inDialog('Save mine on top').click();
    await expect.poll(shownVersion, soon).toBe('5');
    expect((await chris.client.call('getLayer', sdeLayer)).content).toBe('Mine.');
  });

  test('shows any two versions beside each other, and uses an earlier one again', async () => {
    await button('History').click();
    const row = (version: number) => dialog().locator(`[data-testid="layer-version-row"][data-version="${version}"]`);
    await row(2).getByText('shorter').waitFor();
    await row(3).getByRole('button', { name: 'Show what version 3 changed' }).click();
    await dialog().getByTestId('text-diff').getByText('Keep a changelog.').waitFor();
    await dialog().getByLabel('Compare', { exact: true }).selectOption({ label: 'Before the first' });
    await dialog().getByLabel('with', { exact: true }).selectOption({ label: 'Version 5' });
    await dialog().getByTestId('text-diff').getByText('Mine.').waitFor();
    await expectAccessible(page);
    await row(2).getByRole('button', { name: 'Use version 2 again' }).click();
    await dialog().getByText('Use version 2 again?').waitFor();
    await inDialog('Use again').click();
    await expect.poll(shownVersion, soon).toBe('6');
    expect(await text().inputValue()).toBe('Write tests first.\n');
  });
});

describe('a change that needs a review', () => {
  let reviewer: Page;
  const proposal = (of: Page, state: string) => of.locator(`[data-testid="proposal"][data-state="${state}"]`);

  beforeAll(async () => {
    ({ page: reviewer } = await openPage(browser, installation.url));
    await signInThroughPage(reviewer, 'chris@acme.example', chris.password);
    await reviewer.getByRole('link', { name: 'SOUL', exact: true }).waitFor();
  });

  test('is proposed instead of saved', async () => {
    await page.goto('/soul?tab=proposals');
    await page.getByRole('switch', { name: 'Changes need a review' }).click();
    await page.getByText('The global layer and those of positions change by proposals').waitFor();
    await expectAccessible(page);

    await page.goto('/soul/position/pos-sde');
    await page.getByText('Changes of this layer are reviewed').waitFor();
    await text().fill('Write tests first.\nReview kindly.\n');
    expect(await button('Save').count()).toBe(0);
    await button('Propose…').click();
    await dialog().getByLabel('What changes and why').fill('for a better tone');
    await expectAccessible(page);
    await inDialog('Keep as draft').click();
    await proposal(page, 'draft').getByText('for a better tone').waitFor();
  });

  test('is drafted on, and handed in', async () => {
    await proposal(page, 'draft').getByRole('link', { name: 'Edit', exact: true }).click();
    await text().fill('Write tests first.\nReview kindly and soon.\n');
    await button('Save draft').click();
    await expect.poll(() => button('Save draft').isDisabled(), soon).toBe(true);
    await button('Hand in for review').click();
    await proposal(page, 'in_review').waitFor();
    expect(await proposal(page, 'in_review').getByRole('button', { name: 'Approve' }).count()).toBe(0);
  });

  test('is rejected with a reason, and handed in again', async () => {
    await reviewer.goto('/soul?tab=proposals');
    await button('What changes', reviewer).click();
    await reviewer.getByTestId('text-diff').getByText('Review kindly and soon.').waitFor();
    await expectAccessible(reviewer);
    await button('Reject', reviewer).click();
    await inDialog('Reject', reviewer).click();
    await dialog(reviewer).getByText('Say why, so that the author can do something about it.').waitFor();
    await dialog(reviewer).getByLabel('Why').fill('Soon is vague.');
    await inDialog('Reject', reviewer).click();
    await reviewer.getByRole('button', { name: /^All/ }).click();
    await proposal(reviewer, 'rejected').getByText('Soon is vague.').waitFor();

    await page.goto('/soul?tab=proposals&all=true');
    await proposal(page, 'rejected').getByRole('link', { name: 'Edit', exact: true }).click();
    await text().fill('Write tests first.\nReview within a day.\n');
    await button('Hand in for review').click();
    await proposal(page, 'in_review').waitFor();
  });

  test('is approved, tried by some, and given to all', async () => {
    await reviewer.reload();
    await button('Approve', reviewer).click();
    await inDialog('Approve', reviewer).click();
    await proposal(reviewer, 'approved').waitFor();
    await button('Try with some', reviewer).click();
    await dialog(reviewer).getByLabel('Share of the agents').fill('50');
    await dialog(reviewer).getByText('50 %: 2 of 3 agents').waitFor();
    await expectAccessible(reviewer);
    await inDialog('Try with some', reviewer).click();
    await proposal(reviewer, 'canary').getByTestId('canary').waitFor();
    await button('Change the share', reviewer).click();
    await dialog(reviewer).getByLabel('Share of the agents').fill('99');
    await inDialog('Try with some', reviewer).click();
    await expect.poll(() => reviewer.getByTestId('canary').innerText(), soon).toContain('99 %');
    await button('Give to all', reviewer).click();
    await inDialog('Give to all', reviewer).click();
    await proposal(reviewer, 'published').waitFor();
    const { content } = await chris.client.call('getLayer', sdeLayer);
    expect(content).toBe('Write tests first.\nReview within a day.\n');
  });

  test('is an earlier version, proposed from the history', async () => {
    await page.goto('/soul/position/pos-sde');
    await button('History').click();
    const row = dialog().locator('[data-testid="layer-version-row"][data-version="3"]');
    expect(await row.getByRole('button', { name: 'Use version 3 again' }).count()).toBe(0);
    await row.getByRole('button', { name: 'Propose version 3 again' }).click();
    await dialog().getByTestId('text-diff').getByText('Keep a changelog.').waitFor();
    await inDialog('Hand in for review').click();
    await proposal(page, 'in_review').waitFor();
    await button('Withdraw').click();
    await inDialog('Withdraw').click();
    await page.getByText('No proposals').waitFor();
  });

  test('is withdrawn by its author, and saved at once where nothing is reviewed any more', async () => {
    await page.goto('/soul/position/pos-qa');
    await text().fill('Test it twice.');
    await button('Propose…').click();
    await inDialog('Hand in for review').click();
    await button('Withdraw').click();
    await inDialog('Withdraw').click();
    await page.getByText('No proposals').waitFor();
    await page.getByRole('switch', { name: 'Changes need a review' }).click();
    await page.getByText('Whoever may edit a layer saves it at once.').waitFor();
  });
});

test('a manager edits their own department’s layers, reads those of its people, and finds no other department’s', async () => {
  const alex = await installation.person('alex');
  const { employees } = await chris.client.call('listEmployees', { query: { search: 'Priya' } });
  const manager = await openPage(browser, installation.url, { width: 360, colorScheme: 'dark' });
  await signInThroughPage(manager.page, 'alex@acme.example', alex.password);
  await button('Open menu', manager.page).waitFor();
  await manager.page.goto('/soul');
  await manager.page.getByTestId('layer-row').first().waitFor();
  await expectAccessible(manager.page);
  expect(await manager.page.locator('[data-layer="position/pos-sde"]').count()).toBe(0);
  await manager.page.goto('/soul/position/pos-sde');
  await manager.page.getByText('This layer cannot be shown').waitFor();
  await manager.page.goto('/soul/position/pos-pm');
  await expect.poll(() => text(manager.page).isEditable(), soon).toBe(true);
  await manager.page.goto(`/soul/personal/${employees[0]?.id}`);
  await manager.page.getByText('The person themselves changes it, and admins.').waitFor();
  expect(await text(manager.page).isEditable()).toBe(false);
  await expectAccessible(manager.page);
  expect(manager.problems).toEqual([]);
});

test('nobody was shown an error by their browser', () => expect(problems).toEqual([]));
