import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launchBrowser, openPage, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { Person } from '../support/person.ts';

/** A conversation of more messages than a page opens with: Carol reads back in it, finds what was said, and so does whoever watches. */
let installation: TestInstallation;
let browser: Browser;
let carol: Person;
let jiade: Person;
let page: Page;
let conversationId: string;
const problems: string[][] = [];
const count = 230;

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
  [carol, jiade] = [await installation.person('carol'), await installation.person('jiade')];
  conversationId = (await carol.client.call('startConversation', { body: {} })).id;
  const params = { conversationId };
  await jiade.client.call('takeOverSession', { params });
  // Named by a message of hers, as every conversation that can be searched.
  await carol.client.call('sendMessage', { params, body: { text: 'Hello', clientMessageId: 'hello-hello' } });
  for (let n = 1; n <= count; n++) {
    const text = n === 3 ? 'The budget is four thousand.' : `Number ${n}`;
    await jiade.client.call('sendAsHuman', { params, body: { text, clientMessageId: `message-${n}` } });
  }
  page = await enter('carol', carol);
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
});

async function enter(id: string, person: Person): Promise<Page> {
  const opened = await openPage(browser, installation.url);
  problems.push(opened.problems);
  await signInThroughPage(opened.page, `${id}@acme.example`, person.password);
  await opened.page.getByLabel('E-mail').waitFor({ state: 'detached' });
  return opened.page;
}

const said = (where: Page) => where.getByTestId('human-message');
const number = (where: Page, n: number) => said(where).getByText(`Number ${n}`, { exact: true });
const button = (where: Page) => where.getByRole('button', { name: 'Earlier messages', exact: true });
/** Where it stands on the screen, from the top. */
const placeOf = async (where: Page, n: number) => Math.round((await number(where, n).boundingBox())?.y ?? Number.NaN);

describe('a long conversation', () => {
  test('opens at its end, with its newest messages', async () => {
    await page.goto(`/chat/${conversationId}`);
    await number(page, count).waitFor();
    expect(await number(page, count).isVisible()).toBe(true);
    expect(await said(page).count()).toBeLessThanOrEqual(100);
    expect(await number(page, 50).count()).toBe(0);
  });

  test('gets earlier messages by scrolling up, and what is read stays in its place', async () => {
    const area = page.getByRole('region', { name: 'Messages', exact: true });
    const oldest = await said(page).first().innerText();
    const n = Number(/Number (\d+)/.exec(oldest)?.[1]) + 3;
    // As a wheel does: at once, in the same task in which the place is read.
    const before = await area.evaluate((scrolled, text) => {
      scrolled.scrollTop = 250;
      const element = [...scrolled.querySelectorAll('*')].findLast(({ textContent }) => textContent === text);
      return Math.round(element?.getBoundingClientRect().y ?? Number.NaN);
    }, `Number ${n}`);
    await expect.poll(() => said(page).count()).toBeGreaterThan(150);
    await expect.poll(async () => Math.abs((await placeOf(page, n)) - before)).toBeLessThanOrEqual(2);
    await expect.poll(() => button(page).count()).toBe(1);
    await expectAccessible(page);
  });

  test('gets the first ones by keyboard, whose focus is not lost when there are no more', async () => {
    await button(page).focus();
    await page.keyboard.press('Enter');
    await said(page).getByText('The budget is four thousand.').waitFor();
    await expect.poll(() => said(page).count()).toBe(count);
    await expect.poll(() => button(page).count()).toBe(0);
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await expect.poll(focused).toBe('Messages');
  });

  test('keeps what was read when something new is said', async () => {
    const params = { conversationId };
    const body = { text: 'Something new', clientMessageId: 'something-new' };
    await jiade.client.call('sendAsHuman', { params, body });
    await said(page).getByText('Something new').waitFor();
    await expect.poll(() => said(page).count()).toBe(count + 1);
  });

  test('is opened by a search where it was said, however far back that is', async () => {
    await page.goto('/chat');
    await page.getByLabel('Search in conversations').fill('four thousand');
    await page.getByTestId('search-hit').first().click();
    const hit = said(page).getByText('The budget is four thousand.');
    await hit.waitFor();
    await expect.poll(async () => (await hit.boundingBox())?.y ?? -1).toBeGreaterThan(0);
    expect((await hit.boundingBox())?.y).toBeLessThan(800);
  });

  test('is read back by whoever watches over it too', async () => {
    const watching = await enter('jiade', jiade);
    await watching.goto(`/sessions/${conversationId}`);
    await number(watching, count).waitFor();
    expect(await said(watching).count()).toBeLessThanOrEqual(100);
    await button(watching).focus();
    await watching.keyboard.press('Enter');
    await expect.poll(() => said(watching).count()).toBeGreaterThan(150);
    await expectAccessible(watching);
  });
});

test('the browser was given no reason to complain', () => expect(problems.flat()).toEqual([]));
