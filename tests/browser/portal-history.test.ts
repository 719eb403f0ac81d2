import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, lastAnswer, launchBrowser, openPage, say, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { Person } from '../support/person.ts';

/** What a person does with what was said: finds it, names it, takes it along, deletes it, and sends files. */
let installation: TestInstallation;
let browser: Browser;
let carol: Person;
let page: Page;
let problems: string[];

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
  carol = await installation.person('carol');
  ({ page, problems } = await openPage(browser, installation.url));
  await signInThroughPage(page, 'carol@acme.example', carol.password);
  await page.getByLabel('Message', { exact: true }).waitFor();
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
});

const choose = async (title: string | RegExp, item: string) => {
  await page
    .getByRole('main')
    .getByRole('button', { name: title instanceof RegExp ? title : `Actions for “${title}”` })
    .click();
  await page.getByRole('menuitem', { name: item, exact: true }).click();
};

async function exported(item: string): Promise<{ name: string; text: string }> {
  const coming = page.waitForEvent('download');
  await choose(/^Actions for/, item);
  const download = await coming;
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

describe('a conversation', () => {
  test('is renamed', async () => {
    await say(page, 'Who are you?');
    await lastAnswer(page, 1);
    await choose(/^Actions for/, 'Rename');
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Getting to know each other');
    await expectAccessible(page);
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByTestId('conversation').filter({ hasText: 'Getting to know each other' }).waitFor();
  });

  test('is found by what was said in it, and opens where it was said', async () => {
    await page.getByRole('link', { name: 'New conversation' }).first().click();
    await expect.poll(() => page.getByTestId('agent-message').count()).toBe(0);
    await page.getByLabel('Search in conversations').fill('finance analyst');
    const hit = page.getByTestId('search-hit').filter({ hasText: 'Getting to know each other' }).first();
    await hit.waitFor();
    expect((await hit.locator('mark').innerText()).toLowerCase()).toBe('finance analyst');
    await expectAccessible(page);
    await hit.click();
    await expect.poll(() => page.url()).toContain('?message=');
    const shown = new URL(page.url()).searchParams.get('message');
    await page.locator(`[id="message-${shown}"]`).getByText('Finance Analyst').first().waitFor();
  });

  test('says so when a search finds nothing', async () => {
    await page.getByLabel('Search in conversations').fill('a text that nobody has said');
    await page.getByText('Nothing was found.').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByTestId('conversation').first().waitFor();
  });

  test('is exported as Markdown and as JSON', async () => {
    const markdown = await exported('Export as Markdown');
    expect(markdown.name).toMatch(/\.md$/);
    expect(markdown.text).toContain('Who are you?');
    expect(markdown.text).toContain('Finance Analyst');
    const json = await exported('Export as JSON');
    expect(json.name).toMatch(/\.json$/);
    expect(json.text).toContain('Who are you?');
    expect(() => JSON.parse(json.text)).not.toThrow();
  });

  test('is deleted after a plain question, and is gone from the list and from the search', async () => {
    await choose('Getting to know each other', 'Delete');
    const question = page.getByRole('alertdialog');
    await question.getByText('Delete “Getting to know each other”?').waitFor();
    await expectAccessible(page);
    await question.getByRole('button', { name: 'Cancel' }).click();
    await page.getByTestId('conversation').filter({ hasText: 'Getting to know each other' }).waitFor();

    await choose('Getting to know each other', 'Delete');
    await question.getByRole('button', { name: 'Delete', exact: true }).click();
    await expect
      .poll(() => page.getByTestId('conversation').filter({ hasText: 'Getting to know each other' }).count())
      .toBe(0);
    await expect.poll(() => page.getByTestId('agent-message').count()).toBe(0);
    expect((await carol.client.call('searchConversations', { query: { text: 'finance analyst' } })).hits).toEqual([]);
  });
});

describe('files', () => {
  const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('Travel budget: 4,711 euros.') };

  test('are uploaded before the message is sent; what cannot be sent is told at once', async () => {
    expect(await page.getByRole('button', { name: /^Attach files/ }).getAttribute('title')).toContain(
      'Up to 10 files of 20 MiB each',
    );
    await page
      .getByTestId('file-input')
      .setInputFiles([notes, { name: 'empty.txt', mimeType: 'text/plain', buffer: Buffer.alloc(0) }]);
    await page.getByText('empty.txt is empty and was not attached.').waitFor();
    await page.locator('[data-testid="chosen-file"][data-state="stored"]').getByText('notes.txt').waitFor();
    await expectAccessible(page);
  });

  test('can be removed again', async () => {
    const second = { name: 'second.txt', mimeType: 'text/plain', buffer: Buffer.from('not this one') };
    await page.getByTestId('file-input').setInputFiles([second]);
    await page.getByRole('button', { name: 'Remove second.txt' }).click();
    await expect.poll(() => page.getByTestId('chosen-file').count()).toBe(1);
  });

  test('are sent with the message, shown with it, and come back as they were', async () => {
    await say(page, 'Who are you?');
    const attachment = page.getByTestId('attachment').filter({ hasText: 'notes.txt' });
    await attachment.waitFor();
    await expect.poll(() => page.getByTestId('chosen-file').count()).toBe(0);
    await lastAnswer(page, 1);
    await page.reload();
    await attachment.waitFor();
    const coming = page.waitForEvent('download');
    await attachment.click();
    expect(await readFile(await (await coming).path(), 'utf8')).toBe(notes.buffer.toString());
  });

  test('can be dropped on the page and pasted, and sent without a word', async () => {
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }));
      for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
    });
    await page.locator('[data-testid="chosen-file"][data-state="stored"]').getByText('dropped.txt').waitFor();
    await page.getByLabel('Message', { exact: true }).evaluate((input) => {
      const data = new DataTransfer();
      data.items.add(new File(['pasted'], 'pasted.txt', { type: 'text/plain' }));
      input.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data }));
    });
    await page.locator('[data-testid="chosen-file"][data-state="stored"]').getByText('pasted.txt').waitFor();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await lastAnswer(page, 2);
    await expect.poll(() => page.getByTestId('attachment').count()).toBe(3);
    // What the page had on its way and what the server has stored are one message.
    expect(await page.getByText('Sending…').count()).toBe(0);
  });
});

describe('a session that somebody takes over', () => {
  test('says who answers, shows what they say, and says when it is given back', async () => {
    const admin = await installation.person('jiade');
    const params = { conversationId: new URL(page.url()).pathname.split('/').at(-1) ?? '' };
    await admin.client.call('takeOverSession', { params });
    await page.getByTestId('taken-over').getByText('JiaDe Wang has taken over this conversation.').waitFor();
    await say(page, 'Is anybody there?');
    await page.locator('[data-testid="turn-status"][data-state="handed_over"]').waitFor();
    await admin.client.call('sendAsHuman', {
      params,
      body: { text: 'Yes, I am.', clientMessageId: 'from-a-human-1' },
    });
    await page.getByTestId('human-message').getByText('Yes, I am.').waitFor();
    await expectAccessible(page);
    await admin.client.call('giveSessionBack', { params });
    await expect.poll(() => page.getByTestId('taken-over').count()).toBe(0);
  });
});

test('the browser was given no reason to complain', () => expect(problems).toEqual([]));
