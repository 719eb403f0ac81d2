import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

/** Debian's Chromium without what it would ask the internet for. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface PageOptions {
  locale?: 'en-US' | 'zh-CN';
  colorScheme?: 'light' | 'dark';
  width?: number;
}

/** A page of its own context; errors the page throws, and requests it is refused by policy, fail the test. */
export async function openPage(
  browser: Browser,
  url: string,
  { locale = 'en-US', colorScheme = 'light', width = 1280 }: PageOptions = {},
): Promise<{ page: Page; context: BrowserContext; problems: string[] }> {
  const context = await browser.newContext({ baseURL: url, locale, colorScheme, viewport: { width, height: 800 } });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (line) => {
    // A refused request is logged by the browser itself; whether it should have been refused is the test's business.
    if (line.type() === 'error' && !line.text().startsWith('Failed to load resource')) problems.push(line.text());
  });
  return { page, context, problems };
}

/** Signs in through the page; where a new password is due, chooses it. */
export async function signInThroughPage(
  page: Page,
  email: string,
  password: string,
  newPassword?: string,
): Promise<void> {
  await page.goto('/');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  if (newPassword === undefined) return;
  await page.getByLabel('Current password', { exact: true }).fill(password);
  await page.getByLabel('New password', { exact: true }).fill(newPassword);
  await page.getByLabel('New password again', { exact: true }).fill(newPassword);
  await page.getByRole('button', { name: 'Save password' }).click();
}

/** Types a message and sends it. */
export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

/** The text of the last answer once the turn is over. */
export async function lastAnswer(page: Page, count: number): Promise<string> {
  const answers = page.getByTestId('agent-message');
  await expect.poll(() => answers.count(), { timeout: 90_000 }).toBe(count);
  await expect.poll(() => page.getByRole('button', { name: 'Send', exact: true }).count(), { timeout: 90_000 }).toBe(1);
  return (await answers.last().innerText()).trim();
}

/**
 * No violation of WCAG 2.2 A and AA that axe can find, once what has an end has stopped moving: half faded in, every text has too
 * little contrast. What comes in while axe looks is moving again, so it looks up to three times before it complains.
 */
export async function expectAccessible(page: Page): Promise<void> {
  let found = await violationsOf(page);
  for (let look = 1; look < 3 && found.length > 0; look++) found = await violationsOf(page);
  expect(found).toEqual([]);
}

async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY)
        .map((animation) => animation.finished),
    ),
  );
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
    .analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
