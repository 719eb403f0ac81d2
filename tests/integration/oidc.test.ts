import type { IdentityProvider, IdentityProviderInput, SignInError } from '@clawpool/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createVisitor, startIdentityProvider, type TestIdentityProvider } from '../support/identity-provider.ts';
import { startTestInstallation, type TestInstallation } from '../support/installation.ts';
import type { Person } from '../support/person.ts';

/** Signing in through a real OpenID provider, from the button to the session. */
let installation: TestInstallation;
let idp: TestIdentityProvider;
let admin: Person;
let provider: IdentityProvider;
let settings: IdentityProviderInput;

beforeAll(async () => {
  [installation, idp] = await Promise.all([startTestInstallation({ privateWebhooks: true }), startIdentityProvider()]);
  admin = await installation.person('jiade');
  const { employees } = await admin.client.call('listEmployees', {});
  settings = {
    ...{ name: 'Company login', issuer: idp.issuer, clientId: idp.clientId, clientSecret: idp.clientSecret },
    ...{ scopes: ['openid', 'email', 'profile', 'groups'], enabled: true, trustEmail: false },
    ...{ autoCreate: true, departmentId: employees[0]?.departmentId ?? '', positionId: null },
    emailDomains: ['acme.example'],
    claims: { email: 'email', name: 'name', groups: 'groups' },
    groupRoles: [{ group: 'audit', role: 'auditor' }],
  };
  provider = await admin.client.call('createIdentityProvider', { body: settings });
  idp.redirectUris.add(provider.redirectUri);
});
afterAll(async () => {
  await idp?.close();
  await installation?.close();
});

const change = async (changes: Partial<IdentityProviderInput>) => {
  const body = { ...settings, ...changes };
  provider = await admin.client.call('putIdentityProvider', { params: { providerId: provider.id }, body });
};
const begin = (next = '') => `${installation.url}/api/v1/sign-in/oidc/${provider.id}${next}`;

/** Signs in there, and says where the browser ends up here. */
async function signIn(login: string, visitor = createVisitor(), next = ''): Promise<string> {
  const authorization = await visitor.follow(begin(next));
  const callback = await visitor.signInAtProvider(authorization, login);
  return (await visitor.follow(callback)).slice(installation.url.length);
}

async function meOf(visitor: ReturnType<typeof createVisitor>) {
  return (await visitor.request(`${installation.url}/api/v1/me`)).json() as Promise<Person['me']>;
}

async function newestAudit(action: string) {
  const { events } = await admin.client.call('listAuditEvents', { query: { action, limit: 1 } });
  return events[0];
}

const refused = (error: SignInError) => `/sign-in?error=${error}`;

describe('somebody with an e-mail of ours', () => {
  const visitor = createVisitor();

  test('is let in, to the page they came for, as who they are here', async () => {
    idp.accounts.set('carol-there', { email: 'Carol@acme.example', email_verified: true, name: 'C. Zhang' });
    expect(await signIn('carol-there', visitor, '?next=/schedules')).toBe('/schedules');
    // The sample people's first passwords are to be changed; whoever comes this way has none to change.
    expect(await meOf(visitor)).toMatchObject({ name: 'Carol Zhang', mustChangePassword: false });
    expect(await newestAudit('sign_in.succeeded')).toMatchObject({ detail: { provider: 'Company login' } });
    expect(await newestAudit('sign_in.linked')).toMatchObject({ target: { name: 'Carol Zhang' } });
  });

  test('is known by the provider’s own name of them, when their e-mail changes there', async () => {
    idp.accounts.set('carol-there', { email: 'carol.new@acme.example', email_verified: false });
    const again = createVisitor();
    expect(await signIn('carol-there', again)).toBe('/');
    expect(await meOf(again)).toMatchObject({ email: 'carol@acme.example' });
  });

  test('is not somebody else who was given that e-mail', async () => {
    idp.accounts.set('new-carol', { email: 'carol@acme.example', email_verified: true });
    expect(await signIn('new-carol')).toBe(refused('linked_to_another'));
  });

  test('is signed out when the provider is switched off', async () => {
    await change({ enabled: false });
    expect((await visitor.request(`${installation.url}/api/v1/me`)).status).toBe(401);
    expect((await visitor.follow(begin())).slice(installation.url.length)).toBe(refused('provider_off'));
    await change({});
  });
});

describe('somebody nobody knows', () => {
  test('becomes an employee, with the roles of their groups, once', async () => {
    idp.accounts.set('nia', { email: 'nia@acme.example', email_verified: true, name: 'Nia Okafor', groups: ['audit'] });
    const browsers = [createVisitor(), createVisitor()];
    const callbacks = await Promise.all(
      browsers.map(async (visitor) => visitor.signInAtProvider(await visitor.follow(begin()), 'nia')),
    );
    const ends = await Promise.all(browsers.map((visitor, index) => visitor.follow(callbacks[index] ?? '')));
    expect(ends).toEqual([`${installation.url}/`, `${installation.url}/`]);
    const [one, two] = await Promise.all(browsers.map(meOf));
    expect(one).toMatchObject({ name: 'Nia Okafor', email: 'nia@acme.example', mustChangePassword: false });
    expect(new Set(one?.roles)).toEqual(new Set(['employee', 'auditor']));
    expect(two?.userId).toBe(one?.userId);
    expect(await newestAudit('employee.created')).toMatchObject({ actor: { name: 'Company login' } });
  });

  test('is refused where nobody is created', async () => {
    await change({ autoCreate: false });
    idp.accounts.set('zed', { email: 'zed@acme.example', email_verified: true });
    expect(await signIn('zed', createVisitor(), '?next=/files')).toBe(`${refused('person_unknown')}&next=%2Ffiles`);
    expect(await newestAudit('sign_in.refused')).toMatchObject({
      actor: { name: 'zed@acme.example' },
      detail: { reason: 'person_unknown' },
    });
    await change({});
  });

  test.each([
    ['email_missing', {}],
    ['email_not_verified', { email: 'ann@acme.example', email_verified: false }],
    ['email_domain', { email: 'ann@evil.example', email_verified: true }],
  ] as const)('is refused: %s', async (error, account) => {
    idp.accounts.set(error, account);
    expect(await signIn(error)).toBe(refused(error));
  });
});

describe('whoever may not come this way', () => {
  test('is an operator: whoever chooses the provider could become one', async () => {
    await change({ emailDomains: [] });
    idp.accounts.set('boss', { email: 'local-operator@clawpool.local', email_verified: true });
    expect(await signIn('boss')).toBe(refused('operator_by_password'));
    await change({});
  });

  test('is suspended', async () => {
    idp.accounts.set('ryan-there', { email: 'ryan@acme.example', email_verified: true });
    expect(await signIn('ryan-there')).toBe('/');
    const { employees } = await admin.client.call('listEmployees', { query: { search: 'ryan@acme.example' } });
    const params = { employeeId: employees[0]?.id ?? '' };
    await admin.client.call('changeEmployee', { params, body: { active: false } });
    expect(await signIn('ryan-there')).toBe(refused('suspended'));
    await admin.client.call('changeEmployee', { params, body: { active: true } });
  });
});

describe('an answer that is not the one to our question', () => {
  const visitor = createVisitor();
  let callback: string;
  beforeAll(() => void idp.accounts.set('dan', { email: 'dan@acme.example', email_verified: true }));
  beforeEach(async () => {
    callback = await visitor.signInAtProvider(await visitor.follow(begin()), 'dan');
  });
  const end = async (address: string) => (await visitor.follow(address)).slice(installation.url.length);

  test('has another state', async () => {
    const url = new URL(callback);
    url.searchParams.set('state', 'planted');
    expect(await end(url.href)).toBe(refused('state_mismatch'));
  });

  test('comes to a browser that did not ask', async () => {
    expect((await createVisitor().follow(callback)).slice(installation.url.length)).toBe(refused('sign_in_expired'));
  });

  test('is used a second time', async () => {
    const attempt = visitor.cookiesOf(installation.url).get('clawpool.sign_in_attempt') ?? '';
    expect(await end(callback)).toBe('/');
    visitor.cookiesOf(installation.url).set('clawpool.sign_in_attempt', attempt);
    expect(await end(callback)).toBe(refused('token_exchange_failed'));
  });

  test('names another issuer', async () => {
    const url = new URL(callback);
    url.searchParams.set('iss', 'https://evil.example');
    expect(await end(url.href)).toBe(refused('id_token_invalid'));
  });
});

describe('a question that was changed on the way', () => {
  test.each([
    ['nonce', 'planted', 'id_token_invalid'],
    ['code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', 'token_exchange_failed'],
  ] as const)('in its %s gets nobody in', async (parameter, planted, error) => {
    const visitor = createVisitor();
    const authorization = new URL(await visitor.follow(begin()));
    authorization.searchParams.set(parameter, planted);
    const callback = await visitor.signInAtProvider(authorization.href, 'dan');
    expect((await visitor.follow(callback)).slice(installation.url.length)).toBe(refused(error));
  });

  test('is a page elsewhere to end at: they end here', async () => {
    for (const next of ['https://evil.example', '//evil.example', '/%09/evil.example']) {
      expect(await signIn('dan', createVisitor(), `?next=${next}`)).toBe('/');
    }
  });
});

describe('the provider', () => {
  test('is asked with PKCE, state and nonce, for an answer at its own address', async () => {
    const { searchParams } = new URL(await createVisitor().follow(begin()));
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: provider.redirectUri,
      state: expect.any(String),
      nonce: expect.any(String),
    });
  });

  test('says what is wrong when somebody gives up there', async () => {
    const visitor = createVisitor();
    const interaction = await visitor.follow(await visitor.follow(begin()));
    const resumed = await visitor.follow(await visitor.follow(`${interaction}/abort`));
    expect((await visitor.follow(resumed)).slice(installation.url.length)).toBe(refused('provider_refused'));
  });

  test('is tested: what it publishes fits', async () => {
    const { ok, findings } = await admin.client.call('testIdentityProvider', { params: { providerId: provider.id } });
    expect(findings.filter((finding) => !finding.ok)).toEqual([]);
    expect(ok).toBe(true);
  });

  test('with a wrong secret lets nobody in', async () => {
    await change({ clientSecret: 'a wrong secret of at least 32 characters' });
    expect(await signIn('dan')).toBe(refused('token_exchange_failed'));
    await change({});
  });

  test('that cannot be reached is told, before and after', async () => {
    // A description that was fetched before would do for the first step.
    await change({});
    idp.setReachable(false);
    expect((await createVisitor().follow(begin())).slice(installation.url.length)).toBe(
      refused('provider_unreachable'),
    );
    const { findings } = await admin.client.call('testIdentityProvider', { params: { providerId: provider.id } });
    expect(findings).toContainEqual(expect.objectContaining({ check: 'reachable', ok: false }));
    idp.setReachable(true);
  });
});
