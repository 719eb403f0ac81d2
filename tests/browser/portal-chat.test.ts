import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, lastAnswer, launchBrowser, openPage, say, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';

let installation: TestInstallation;
let browser: Browser;
const chosen = 'correct horse battery';

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
});

async function open(
  id: string,
  newPassword?: string,
): Promise<{ page: Page; problems: string[]; close: () => Promise<void> }> {
  const { page, context, problems } = await openPage(browser, installation.url);
  const first = installation.sample?.password ?? '';
  await signInThroughPage(page, `${id}@acme.example`, newPassword ? first : chosen, newPassword);
  return { page, problems, close: () => context.close() };
}

describe('Carol (Finance)', () => {
  let page: Page;
  let problems: string[];
  let close: () => Promise<void>;
  afterAll(() => close?.());

  test('has to choose her own password first, and sees her agent asleep', async () => {
    ({ page, problems, close } = await open('carol', chosen));
    await page.getByLabel('Message', { exact: true }).waitFor();
    expect(await page.getByTestId('agent-state').getAttribute('data-state')).toBe('hibernated');
    await expectAccessible(page);
  });

  test('reads “waking” and then the streamed answer of a Finance Analyst', async () => {
    await say(page, 'Who are you?');
    await page.locator('[data-testid="turn-status"][data-state="waking"]').waitFor({ timeout: 20_000 });
    const answer = await lastAnswer(page, 1);
    expect(answer).toContain('Carol Zhang');
    expect(answer).toContain('Finance Analyst');
    expect(answer).toContain('ACME Corp');
    await expect.poll(() => page.getByTestId('agent-state').getAttribute('data-state')).toBe('running');
  });

  test('is refused a command, and the refusal is in the audit log', async () => {
    await say(page, 'Run git status');
    const answer = await lastAnswer(page, 2);
    expect(answer).not.toMatch(/On branch|No commits yet/);
    expect(answer).toContain('I may not use shell: the tier Restricted does not allow it');

    const admin = await installation.person('jiade');
    const { events } = await admin.client.call('listAuditEvents', { query: { action: 'tool.refused' } });
    expect(events[0]).toMatchObject({ outcome: 'refused', target: { id: 'exec' }, actor: { id: 'carol' } });
  });

  test('learns from the directory whom to ask for a code review', async () => {
    await say(page, 'Who should I contact for a code review?');
    expect(await lastAnswer(page, 3)).toMatch(/Ryan Park|Sophie Turner|Nathan Brooks/);
  });

  test('finds the conversation after a reload, and starts a new one', async () => {
    await page.reload();
    await expect.poll(() => page.getByTestId('agent-message').count(), { timeout: 20_000 }).toBe(3);
    expect((await page.getByTestId('person-message').allInnerTexts()).join()).toContain('Run git status');
    await expectAccessible(page);

    await page.getByRole('link', { name: 'New conversation' }).first().click();
    await expect.poll(() => page.getByTestId('agent-message').count()).toBe(0);
    await expect.poll(() => page.getByRole('link', { name: /Who are you\?/ }).count()).toBeGreaterThan(0);
  });

  test('sees markup that she types as text, never as a page', async () => {
    await say(page, '<img src=x onerror="document.title=\'owned\'"> <script>document.title="owned"</script>');
    await lastAnswer(page, 1);
    expect(await page.title()).not.toBe('owned');
    expect(await page.locator('main img[src="x"]').count()).toBe(0);
  });

  test('was shown no error by her browser', () => expect(problems).toEqual([]));
});

describe('Ryan (Engineering)', () => {
  let page: Page;
  let problems: string[];
  let close: () => Promise<void>;
  afterAll(() => close?.());

  test('talks to a Software Engineer: same model, other identity', async () => {
    ({ page, problems, close } = await open('ryan', chosen));
    await say(page, 'Who are you?');
    const answer = await lastAnswer(page, 1);
    expect(answer).toContain('Ryan Park');
    expect(answer).toContain('Software Engineer');
  });

  test('has git status really run in his sandboxed workspace', async () => {
    await say(page, 'Run git status');
    expect(await lastAnswer(page, 2)).toMatch(/On branch|No commits yet/);
  });

  test('stops a long answer and keeps what was said', async () => {
    await say(page, 'Please count to 500');
    await expect.poll(() => page.getByTestId('agent-message').count()).toBe(3);
    await expect.poll(() => page.getByTestId('agent-message').last().innerText(), { timeout: 30_000 }).toMatch(/\b5\b/);
    await page.getByRole('button', { name: 'Stop' }).click();
    const answer = await lastAnswer(page, 3);
    expect(answer).toMatch(/\b5\b/);
    expect(answer).not.toMatch(/\b500\b/);
    await say(page, 'Who are you?');
    expect(await lastAnswer(page, 4)).toContain('Ryan Park');
  });

  test('withdraws a message before the agent has said anything', async () => {
    for (const attempt of [1, 2, 3]) {
      await say(page, 'Please count to 500');
      await page.getByRole('button', { name: 'Stop' }).click();
      await expect
        .poll(() => page.getByRole('button', { name: 'Send', exact: true }).count(), { timeout: 10_000 })
        .toBe(1);
      expect(
        await page.locator('[data-testid="turn-status"][data-state="thinking"]').count(),
        `attempt ${attempt}`,
      ).toBe(0);
    }
  });

  test('was shown no error by his browser', () => expect(problems).toEqual([]));
});

describe('JiaDe (admin)', () => {
  test('sees tenants live and the audit trail of what happened', async () => {
    const { page, problems, close } = await open('jiade');
    await page.getByRole('link', { name: 'Tenants' }).click();
    await expect.poll(() => page.getByTestId('tenant-row').count()).toBe(27);
    const ryan = page.getByTestId('tenant-row').filter({ hasText: 'Ryan Park' });
    await expect.poll(() => ryan.innerText()).toMatch(/Running/i);
    await expectAccessible(page);
    await installation.pool.stop('ryan');
    await expect.poll(() => ryan.innerText(), { timeout: 10_000 }).not.toMatch(/Running/i);

    await page.getByRole('link', { name: 'Audit' }).click();
    await page.getByTestId('audit-row').filter({ hasText: 'exec' }).first().waitFor();
    await expectAccessible(page);
    expect(problems).toEqual([]);
    await close();
  });

  test('is told when the password is wrong', async () => {
    const { page, context } = await openPage(browser, installation.url);
    await signInThroughPage(page, 'jiade@acme.example', 'not the password');
    await page.getByRole('alert').getByText('E-mail or password is wrong.').waitFor();
    await context.close();
  });

  test('is sent to sign in when the session has ended', async () => {
    const { page, context } = await openPage(browser, installation.url);
    await signInThroughPage(page, 'jiade@acme.example', chosen);
    await page.getByRole('link', { name: 'Tenants' }).click();
    await context.clearCookies();
    await page.reload();
    await page.getByLabel('E-mail').waitFor();
    await context.close();
  });
});

test.each([
  ['en-US', 'light'],
  ['en-US', 'dark'],
  ['zh-CN', 'light'],
  ['zh-CN', 'dark'],
] as const)('the sign-in page is accessible in %s, %s, and fits 360 px', async (locale, colorScheme) => {
  const { page, context, problems } = await openPage(browser, installation.url, { locale, colorScheme, width: 360 });
  await page.goto('/');
  await page.getByRole('button', { name: locale === 'en-US' ? 'Sign in' : '登录' }).waitFor();
  await expectAccessible(page);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  expect(problems).toEqual([]);
  await context.close();
});
