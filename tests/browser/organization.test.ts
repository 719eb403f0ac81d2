import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectAccessible, launchBrowser, openPage, type PageOptions, signInThroughPage } from '../support/browser.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import { signIn } from '../support/person.ts';

let installation: TestInstallation;
let browser: Browser;
/** An admin's page. */
let page: Page;
let problems: string[];
const chosen = 'correct horse battery';
const patient = { timeout: 20_000 };

beforeAll(async () => {
  [installation, browser] = await Promise.all([startTestInstallation({ withConsole: true }), launchBrowser()]);
  const { email = '', password = '' } = installation.firstAdmin ?? {};
  const operator = await signIn(installation.url, email, password);
  await operator.client.call('createTenant', { body: { name: 'help-desk', start: false } });
  ({ page, problems } = await openPage(browser, installation.url));
  await signInThroughPage(page, 'jiade@acme.example', installation.sample?.password ?? '', chosen);
  await page.getByRole('link', { name: 'Departments', exact: true }).click();
});
afterAll(async () => {
  await browser?.close();
  await installation?.close();
});

const dialog = () => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true });
const closed = () => expect.poll(() => dialog().count(), patient).toBe(0);
const row = (kind: string, name: string) => page.locator(`[data-testid="${kind}"][data-name="${name}"]`);

async function choose(name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}`, exact: true }).click();
  await page.getByRole('menuitem', { name: action, exact: true }).click();
}

describe('departments', () => {
  const details = () => page.getByTestId('department-details');

  test('are a tree that the keyboard walks, opens and closes', async () => {
    await row('department', 'Backend Team').waitFor();
    await expectAccessible(page);
    await row('department', 'Engineering').focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => row('department', 'Backend Team').count(), patient).toBe(0);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const first = await page.evaluate('document.activeElement.dataset.name');
    await details()
      .getByRole('heading', { name: String(first) })
      .waitFor();
    await page.getByRole('button', { name: 'Fold all' }).click();
    await expect.poll(() => row('department', 'Backend Team').count(), patient).toBe(0);
    await page.getByRole('button', { name: 'Unfold all' }).click();
    await row('department', 'Engineering').getByTestId('fold').click();
    await expect.poll(() => row('department', 'Backend Team').count(), patient).toBe(0);
    await row('department', 'Engineering').getByTestId('fold').click();
  });

  test('are made, put below another one, and moved', async () => {
    await page.getByRole('button', { name: 'New department' }).click();
    await inDialog('Make department').click();
    await dialog().getByText('Enter a name.').waitFor();
    await dialog().getByLabel('Name', { exact: true }).fill('Research');
    await inDialog('Make department').click();
    await closed();
    await details().getByRole('heading', { name: 'Research' }).waitFor();
    await details().getByRole('button', { name: 'Add below' }).click();
    await dialog().getByLabel('Name', { exact: true }).fill('Robotics');
    await inDialog('Make department').click();
    await closed();
    await details().getByRole('heading', { name: 'Robotics' }).waitFor();
    await details().getByRole('button', { name: 'Rename or move' }).click();
    const below = dialog().getByLabel('Below', { exact: true });
    expect(await below.getByRole('option', { name: 'Robotics' }).count()).toBe(0);
    await below.selectOption('engineering');
    await dialog()
      .getByText(/^Everything in it moves along/)
      .waitFor();
    await expectAccessible(page);
    await inDialog('Save').click();
    await closed();
    await details().getByRole('link', { name: 'Engineering' }).waitFor();
  });

  test('say what moves before they are deleted, and ask for their name then', async () => {
    await row('department', 'Robotics').click();
    await details().getByRole('button', { name: 'Delete' }).click();
    await dialog().getByText('Nothing else goes with it.').waitFor();
    await inDialog('Delete').click();
    await closed();
    await expect.poll(() => row('department', 'Robotics').count(), patient).toBe(0);

    await row('department', 'Backend Team').click();
    await details().getByRole('button', { name: 'Delete' }).click();
    await dialog().getByText('What is in it moves to Engineering.').waitFor();
    expect(await dialog().getByTestId('removal').innerText()).toContain('Ryan Park');
    expect(await inDialog('Delete').isDisabled()).toBe(true);
    await expectAccessible(page);
    await dialog().getByLabel('To confirm, type Backend Team').fill('Backend Team');
    await inDialog('Delete').click();
    await closed();
    await expect.poll(() => row('department', 'Backend Team').count(), patient).toBe(0);
  });

  test('on top are not deleted with people in them', async () => {
    await row('department', 'Finance').click();
    await details().getByRole('button', { name: 'Delete' }).click();
    await dialog().getByText('This cannot be deleted as things stand').waitFor();
    expect(await inDialog('Delete').isDisabled()).toBe(true);
    await inDialog('Cancel').click();
  });
});

describe('a position', () => {
  test('is made with a tier whose ceiling is shown', async () => {
    await page.getByRole('link', { name: 'Positions', exact: true }).click();
    await row('position', 'Finance Analyst').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'New position' }).click();
    await inDialog('Make position').click();
    await dialog().getByText('Choose a tier.').waitFor();
    await dialog().getByLabel('Name', { exact: true }).fill('Controller');
    await dialog().getByLabel('Department', { exact: true }).selectOption('finance');
    await dialog().getByLabel('Tier', { exact: true }).selectOption({ label: 'Restricted' });
    await dialog()
      .getByText(/^Its ceiling:/)
      .waitFor();
    await dialog().getByLabel('Search the web').check();
    await dialog().getByLabel('Ask them about').fill('controlling, audits');
    await expectAccessible(page);
    await inDialog('Make position').click();
    await closed();
    const card = row('position', 'Controller');
    expect(await card.locator('[data-tool="web_search"]').getAttribute('data-standing')).toBe('on');
    expect(await card.locator('[data-tool="shell"]').getAttribute('data-standing')).toBe('off');
    await card.getByRole('link', { name: 'Nothing written yet' }).waitFor();
  });

  test('is found by words and by department', async () => {
    await page.getByLabel('Search positions').fill('control');
    await expect.poll(() => page.getByTestId('position').count(), patient).toBe(1);
    await page.getByLabel('Department', { exact: true }).selectOption('legal');
    await page.getByText('No position fits these filters.').waitFor();
    await page.getByRole('button', { name: 'Show all' }).click();
    await expect.poll(() => page.getByTestId('position').count(), patient).toBeGreaterThan(10);
  });

  test('is changed', async () => {
    await choose('Controller', 'Change');
    await dialog().getByLabel('Name', { exact: true }).fill('Group Controller');
    await inDialog('Save').click();
    await closed();
    await row('position', 'Group Controller').waitFor();
  });
});

describe('an employee', () => {
  const details = () => page.getByTestId('employee-details');
  let password: string;

  test('is added with a first password that is shown once', async () => {
    await page.getByRole('link', { name: 'Employees', exact: true }).click();
    await row('employee', 'Carol Zhang').waitFor();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Add person' }).click();
    await inDialog('Add person').click();
    await dialog().getByText('Choose a department.').waitFor();
    await dialog().getByLabel('Name', { exact: true }).fill('Grace Hopper');
    await dialog().getByLabel('E-mail', { exact: true }).fill('grace@acme.example');
    await dialog().getByLabel('Department', { exact: true }).selectOption('finance');
    await dialog().getByLabel('Position', { exact: true }).selectOption({ label: 'Group Controller' });
    await dialog().getByLabel('Auditor').check();
    await expectAccessible(page);
    await inDialog('Add person').click();
    password = await dialog().getByTestId('secret').innerText();
    await inDialog('I have stored it').click();
    await details().waitFor();
    expect(await page.getByText(password).count()).toBe(0);
    await expect.poll(() => dialog().innerText(), patient).toContain('Group Controller');
    expect(await details().getByTestId('week').getByRole('listitem').count()).toBe(7);
    await details().getByRole('link', { name: 'Open their agent' }).waitFor();
    await expectAccessible(page);
  });

  test('signs in with that password', async () => {
    const grace = await signIn(installation.url, 'grace@acme.example', password);
    expect(grace.me.roles).toEqual(expect.arrayContaining(['employee', 'auditor']));
  });

  test('is changed, suspended, and let in again', async () => {
    await inDialog('Change').click();
    await dialog().getByLabel('Auditor').uncheck();
    await dialog().getByLabel('Ask them about').fill('compilers');
    await inDialog('Save').click();
    await details().getByText('compilers').waitFor();
    await inDialog('Suspend').click();
    await dialog().getByText('Suspend Grace Hopper?').waitFor();
    await inDialog('Suspend').click();
    await inDialog('Let in again').click();
    await dialog().getByText('Let Grace Hopper in again?').waitFor();
    await inDialog('Let in again').click();
    await inDialog('Suspend').waitFor();
  });

  test('gets a new password', async () => {
    await inDialog('New password').click();
    await dialog()
      .getByText(/^Their old one and all their sessions end/)
      .waitFor();
    await inDialog('New password').click();
    expect(await dialog().getByTestId('secret').innerText()).not.toBe(password);
    await inDialog('I have stored it').click();
    await page.keyboard.press('Escape');
    await closed();
  });

  test('is found by filters that are in the address', async () => {
    await page.getByLabel('Search name, e-mail or number').fill('grace');
    await expect.poll(() => page.getByTestId('employee').count(), patient).toBe(1);
    await page.getByLabel('Which people').selectOption('suspended');
    await page.getByText('Nobody fits these filters.').waitFor();
    expect(new URL(page.url()).searchParams.get('with')).toBe('suspended');
    await page.getByRole('button', { name: 'Show all' }).click();
    await page.getByLabel('Department', { exact: true }).selectOption('engineering');
    await expect.poll(() => row('employee', 'Carol Zhang').count(), patient).toBe(0);
    await row('employee', 'Tony Reed').waitFor();
    await page.getByLabel('Department', { exact: true }).selectOption('');
    await page.getByLabel('Position', { exact: true }).selectOption({ label: 'Finance Analyst' });
    await expect.poll(() => page.getByTestId('employee').count(), patient).toBe(2);
    await page.getByLabel('Position', { exact: true }).selectOption('');
  });
});

describe('a file of people', () => {
  const open = async (item: string) => {
    await page.getByRole('button', { name: 'Import and export' }).click();
    await page.getByRole('menuitem', { name: item, exact: true }).click();
  };
  const give = (text: string) =>
    dialog()
      .locator('input[type="file"]')
      .setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  const heading = 'name,email,department,position';
  const lines = (action: string) => dialog().locator(`[data-testid="import-row"][data-action="${action}"]`);

  test('is looked at line by line, and refused while one line is', async () => {
    await open('Import people');
    await dialog().getByText('What the file looks like').waitFor();
    await expectAccessible(page);
    await give(
      `${heading}\nAda Byron,ada.byron@acme.example,Research / Analysis,Group Controller\nNobody,no-address,,\n`,
    );
    await expect.poll(() => lines('refused').count(), patient).toBe(1);
    await dialog().getByText('1 line cannot be taken in').waitFor();
    expect(await inDialog('Apply 1 line').isDisabled()).toBe(true);
    await expectAccessible(page);
  });

  test('is applied as a whole, with first passwords', async () => {
    await give(`${heading}\nAda Byron,ada.byron@acme.example,Research / Analysis,Group Controller\n`);
    await expect.poll(() => lines('create').count(), patient).toBe(1);
    await dialog().getByText('1 department will be made').waitFor();
    await inDialog('Apply 1 line').click();
    await dialog().getByText('1 person added').waitFor();
    expect(await dialog().locator('pre').innerText()).toMatch(/ada\.byron@acme\.example,\S+/);
    await expectAccessible(page);
    await inDialog('I have stored it').click();
    await row('employee', 'Ada Byron').waitFor();
  });

  test('is exported again', async () => {
    const [download] = await Promise.all([page.waitForEvent('download'), open('Export as CSV')]);
    expect(await readFile(await download.path(), 'utf8')).toContain('ada.byron@acme.example');
  });

  test('is taken back', async () => {
    await open('Past imports');
    await inDialog('Take back people.csv').click();
    await inDialog('Take it back').click();
    await dialog()
      .getByText(/^Taken back by/)
      .waitFor();
    await expectAccessible(page);
    await inDialog('Close').last().click();
    await closed();
    await expect.poll(() => row('employee', 'Ada Byron').count(), patient).toBe(0);
  });
});

describe('an assignment', () => {
  const carol = () => row('assignment', 'Carol Zhang');

  test('shows everybody’s agent, the ways to it and who decides', async () => {
    await page.getByRole('link', { name: 'Assignments', exact: true }).click();
    await carol().waitFor();
    await expect.poll(() => carol().innerText(), patient).toContain('tier of the position');
    await expectAccessible(page);
  });

  test('of a team’s agent is made and taken away', async () => {
    await carol().getByRole('button', { name: 'Share an agent with Carol Zhang' }).click();
    await dialog().getByLabel('Agent', { exact: true }).fill('help-desk');
    await inDialog('Add').click();
    await closed();
    await carol().getByText('help-desk').waitFor();
    await page.getByRole('tab', { name: 'Team agents' }).click();
    await page.locator('[data-testid="team"][data-name="help-desk"]').getByText('Carol Zhang').waitFor();
    await page.getByRole('tab', { name: 'IM accounts' }).click();
    await page.getByText('Nobody has paired an account yet').waitFor();
    await page.getByRole('tab', { name: 'People' }).click();
    await carol().getByRole('button', { name: 'Take help-desk away from Carol Zhang' }).click();
    await inDialog('Take away').click();
    await expect.poll(() => carol().getByText('help-desk').count(), patient).toBe(0);
  });

  test('is explained on the routing page', async () => {
    await carol().getByRole('link', { name: 'Explain who answers Carol Zhang' }).click();
    await page.getByTestId('resolution').waitFor();
    await page.goBack();
  });

  const grace = async () => {
    const admin = await installation.person('admin');
    const { employees } = await admin.client.call('listEmployees', { query: { search: 'Grace Hopper' } });
    return employees[0]?.tenantId;
  };
  const takeAgentOfGrace = async () => {
    const admin = await installation.person('admin');
    const params = { tenantId: (await grace()) ?? '' };
    await admin.client.call('operateTenant', { params, body: { kind: 'delete', skipBackup: true } });
    await expect.poll(grace, { timeout: 60_000 }).toBeNull();
  };

  test('of their own is given to somebody who has none', async () => {
    await takeAgentOfGrace();
    await page.reload();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Give Grace Hopper an agent' }).click();
    await page.getByText('Grace Hopper has an agent').waitFor();
    await row('assignment', 'Grace Hopper').getByRole('link', { name: 'Open of Grace Hopper' }).waitFor();
  });

  test('is given to everybody of a position who has none', async () => {
    await takeAgentOfGrace();
    await page.getByRole('link', { name: 'Positions', exact: true }).click();
    await row('position', 'Group Controller').getByRole('button', { name: 'Give 1 agent' }).click();
    await dialog().getByText('Grace Hopper', { exact: true }).waitFor();
    await expectAccessible(page);
    await inDialog('Give 1 agent').click();
    await closed();
    await expect.poll(grace).not.toBeNull();
  });
});

describe('deleting', () => {
  test('a position leaves its people without one', async () => {
    await page.getByRole('link', { name: 'Positions', exact: true }).click();
    await choose('Group Controller', 'Delete');
    await dialog()
      .getByText(/^Its SOUL layer and its settings go/)
      .waitFor();
    await dialog().getByText('1 person loses this position').waitFor();
    await dialog().getByLabel('To confirm, type Group Controller').fill('Group Controller');
    await inDialog('Delete').click();
    await closed();
    await expect.poll(() => row('position', 'Group Controller').count(), patient).toBe(0);
  });

  test('a person shows what goes and what stays, and asks for their name', async () => {
    await page.getByRole('link', { name: 'Employees', exact: true }).click();
    await choose('Tom Wilson', 'Delete');
    await dialog().getByText('1 agent is deleted, after a backup of its files').waitFor();
    expect(await inDialog('Delete').isDisabled()).toBe(true);
    await expectAccessible(page);
    await dialog().getByLabel('To confirm, type Tom Wilson').fill('Tom Wilson');
    await inDialog('Delete').click();
    await closed();
    await expect.poll(() => row('employee', 'Tom Wilson').count(), patient).toBe(0);
  });
});

describe('whoever may only look', () => {
  async function visit(id: string, options: PageOptions): Promise<{ page: Page; close: () => Promise<void> }> {
    const { page: theirs, context } = await openPage(browser, installation.url, options);
    const [name = '', ...value] = (await installation.person(id)).cookie().split('=');
    await context.addCookies([{ name, value: value.join('='), url: installation.url }]);
    return { page: theirs, close: () => context.close() };
  }

  test('finds no button to change anything, in Chinese, in the dark, on a phone', async () => {
    const { page: theirs, close } = await visit('nina', { locale: 'zh-CN', width: 360, colorScheme: 'dark' });
    for (const [path, kind, button] of [
      ['/departments', 'department', '新建部门'],
      ['/positions', 'position', '新建职位'],
      ['/employees', 'employee', '添加人员'],
      ['/assignments', 'assignment', '分配智能体'],
    ] as const) {
      await theirs.goto(path);
      await theirs.getByTestId(kind).first().waitFor();
      expect(await theirs.getByRole('button', { name: button }).count(), path).toBe(0);
      expect(await theirs.getByRole('button', { name: /^对 .* 执行操作$/ }).count(), path).toBe(0);
      expect(await theirs.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(360);
      await expectAccessible(theirs);
    }
    await close();
  });

  test('as a manager sees their own departments only', async () => {
    const { page: theirs, close } = await visit('mike', {});
    await theirs.goto('/departments');
    await theirs.getByTestId('department').first().waitFor();
    expect(await theirs.getByTestId('department').count()).toBe(1);
    await theirs.goto('/employees?person=sarah');
    await theirs.getByTestId('employee-details').waitFor();
    expect(await theirs.getByRole('button', { name: 'Suspend' }).count()).toBe(0);
    await theirs.goto('/employees?person=carol');
    await theirs.getByRole('alert').getByText('That does not exist, or not for you.').waitFor();
    await close();
  });
});

test('nobody was shown an error by their browser', () => expect(problems).toEqual([]));
