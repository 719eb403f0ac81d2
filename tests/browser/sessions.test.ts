import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, lastAnswer, launchBrowser, openPage, say, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { signIn } from '../support/person.ts';

let installation: TestInstallation;
let browser: Browser;
const chosen = 'correct horse battery';
const problems: string[][] = [];

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
});

/** Somebody of the sample organization in a browser of their own, signed in. */
async function enter(id: string, width?: number): Promise<Page> {
  const opened = await openPage(browser, installation.url, width === undefined ? {} : { width });
  problems.push(opened.problems);
  const first = installation.sample?.password ?? '';
  await signInThroughPage(opened.page, `${id}@acme.example`, first, chosen);
  await opened.page.waitForURL(({ pathname }) => pathname !== '/password');
  return opened.page;
}

const row = (page: Page, caller: string) => page.locator(`[data-testid="session-row"][data-caller="${caller}"]`);
const stand = (page: Page) => page.getByTestId('stand');

describe('a session that Carol has with her agent', () => {
  let carol: Page;
  let jiade: Page;

  test('is in the list of whoever watches over her, while it happens', async () => {
    [carol, jiade] = [await enter('carol'), await enter('jiade')];
    await jiade.getByRole('link', { name: 'Sessions', exact: true }).click();
    await jiade.getByText('Nobody is talking with an agent right now').waitFor();
    await say(carol, 'Who are you?');
    await row(jiade, 'Carol Zhang').waitFor();
    expect(await lastAnswer(carol, 1)).toContain('Finance Analyst');
    await expect.poll(() => row(jiade, 'Carol Zhang').innerText(), { timeout: 20_000 }).toContain('1 of 1 answered');
    await expectAccessible(jiade);
  });

  test('is read live: what she asks, the answer as it grows, and how it goes', async () => {
    await row(jiade, 'Carol Zhang').getByRole('link').click();
    await jiade.getByTestId('agent-message').filter({ hasText: 'Finance Analyst' }).waitFor();
    const growing = jiade.locator('[data-testid="agent-message"][data-streaming]').waitFor({ timeout: 30_000 });
    await say(carol, 'Please count to 300');
    await growing;
    await lastAnswer(carol, 2);
    await expect.poll(() => jiade.getByTestId('agent-message').count()).toBe(2);
    await expect
      .poll(() => jiade.getByRole('complementary', { name: 'How it goes' }).innerText(), { timeout: 20_000 })
      .toMatch(/Answered\s+2/);
    await expectAccessible(jiade);
  });

  test('is taken over: she is told, her agent is silent, and a person answers her', async () => {
    await jiade.getByRole('button', { name: 'Take over' }).click();
    await expect.poll(() => stand(jiade).innerText()).toMatch(/^You answer\. The agent is silent for (29|30) min/);
    await carol.getByTestId('note').filter({ hasText: 'JiaDe Wang' }).waitFor();

    await say(carol, 'Is anybody there?');
    await jiade.locator('[data-testid="turn-line"][data-state="handed_over"]').waitFor();
    await jiade.getByLabel('Answer Carol Zhang under your own name').fill('Hello Carol, I am here.');
    await jiade.getByRole('button', { name: 'Send answer' }).click();
    await carol.getByTestId('human-message').filter({ hasText: 'Hello Carol, I am here.' }).waitFor();
    await jiade.getByTestId('human-message').filter({ hasText: 'Hello Carol, I am here.' }).waitFor();
    await expect.poll(() => jiade.getByLabel('Answer Carol Zhang under your own name').inputValue()).toBe('');
    expect(await carol.getByTestId('agent-message').count()).toBe(2);
    await expectAccessible(jiade);
  });

  test('takes files both ways: what she sends is opened by who answers, and what they send by her', async () => {
    const file = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
    const stored = (page: Page, name: string) =>
      page.locator('[data-testid="chosen-file"][data-state="stored"]').getByText(name).waitFor();
    const opened = async (page: Page, name: string) => {
      const coming = page.waitForEvent('download');
      await page.getByTestId('attachment').filter({ hasText: name }).click();
      return readFile(await (await coming).path(), 'utf8');
    };
    await carol.getByTestId('file-input').setInputFiles([file('invoice.txt', 'What is this one for?')]);
    await stored(carol, 'invoice.txt');
    await say(carol, 'Please look at this');
    expect(await opened(jiade, 'invoice.txt')).toBe('What is this one for?');

    await jiade.getByTestId('file-input').setInputFiles([file('plan.txt', 'The plan'), file('wrong.txt', 'not this')]);
    await stored(jiade, 'plan.txt');
    await stored(jiade, 'wrong.txt');
    await expectAccessible(jiade);
    await jiade.getByRole('button', { name: 'Remove wrong.txt' }).click();
    await jiade.getByRole('button', { name: 'Send answer' }).click();
    expect(await opened(carol, 'plan.txt')).toBe('The plan');
    await expect.poll(() => jiade.getByTestId('chosen-file').count()).toBe(0);
    expect(await opened(jiade, 'plan.txt')).toBe('The plan');
    expect(await carol.getByTestId('attachment').filter({ hasText: 'wrong.txt' }).count()).toBe(0);
  });

  test('is somebody else’s for another admin, who may take it only after a question', async () => {
    const chris = await enter('chris');
    await chris.goto('/sessions?state=taken_over');
    await row(chris, 'Carol Zhang').getByText('JiaDe Wang answers').waitFor();
    await row(chris, 'Carol Zhang').getByRole('link').click();
    await expect.poll(() => stand(chris).innerText()).toContain('JiaDe Wang answers in this session');
    await chris.getByRole('button', { name: 'Take over from them' }).click();
    await chris.getByRole('alertdialog').getByText('Take over from JiaDe Wang?').waitFor();
    await chris.getByRole('button', { name: 'Cancel' }).click();
    expect(await stand(chris).innerText()).toContain('JiaDe Wang answers');
    await chris.context().close();
  });

  test('can be read and nothing else by an auditor, and not be seen by a manager of others', async () => {
    const [nina, peter] = [await enter('nina'), await enter('peter')];
    await nina.goto(jiade.url());
    await nina.getByText('JiaDe Wang answers in this session').waitFor();
    expect(await nina.getByRole('button', { name: /Take over|Give back|More for this session/ }).count()).toBe(0);
    await peter.goto('/sessions?state=all');
    await peter.getByText('No session fits').waitFor();
    await peter.goto(jiade.url());
    await peter.getByText('This session cannot be shown').waitFor();
    await Promise.all([nina.context().close(), peter.context().close()]);
  });

  test('is given back, and the agent answers what she has said since', async () => {
    await jiade.getByRole('button', { name: 'Extend to 30 min' }).click();
    await expect.poll(() => stand(jiade).innerText()).toMatch(/(29|30) min/);
    await say(carol, 'Who are you?');
    await jiade.locator('[data-testid="turn-line"][data-state="handed_over"]').last().waitFor();
    await jiade.getByRole('button', { name: 'Give back' }).click();
    await expect.poll(() => stand(jiade).innerText()).toContain('The agent answers.');
    expect(await lastAnswer(carol, 3)).toContain('Carol Zhang');
    await expect.poll(() => jiade.getByTestId('agent-message').count()).toBe(3);
  });

  test('is ended after a question, and is among the ended ones', async () => {
    await jiade.getByRole('button', { name: 'More for this session' }).click();
    await jiade.getByRole('menuitem', { name: 'End session' }).click();
    await jiade.getByRole('alertdialog').getByRole('button', { name: 'End session' }).click();
    await jiade.getByText('This session has ended.').waitFor();
    await jiade.getByRole('link', { name: 'Back to the sessions' }).click();
    await jiade.getByRole('button', { name: 'Ended', exact: true }).click();
    await row(jiade, 'Carol Zhang').waitFor();
    expect(new URL(jiade.url()).searchParams.get('state')).toBe('ended');
  });

  test('was read by people who are named in the audit log', async () => {
    const admin = await signIn(installation.url, 'jiade@acme.example', chosen);
    const { events } = await admin.client.call('listAuditEvents', { query: { action: 'session.' } });
    const actors = events.filter(({ action }) => action === 'session.viewed').map(({ actor }) => actor.name);
    expect(actors).toEqual(expect.arrayContaining(['JiaDe Wang', 'Nina Kovacs']));
  });
});

test('the list and a session fit a phone', async () => {
  const page = await enter('admin', 360);
  for (const address of ['/sessions?state=all', '/deliveries', '/routing', '/channel-accounts', '/integrations']) {
    await page.goto(address);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth'), address).toBeLessThanOrEqual(360);
    await expectAccessible(page);
  }
  await page.goto('/sessions?state=all');
  await row(page, 'Carol Zhang').getByRole('link').click();
  await page.getByText('This session has ended.').waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  await expectAccessible(page);
});

test('nobody was shown an error by their browser', () => expect(problems.flat()).toEqual([]));
