import type { ProviderTest } from '@clawpool/contracts';
import type { ServerMetadata } from 'openid-client';
import { guardedFetch, isLocal, type ProviderAccess, type ProviderConnections } from './provider-connection.ts';

type Finding = ProviderTest['findings'][number];

export interface TestedSettings {
  scopes: readonly string[];
  /** Whether there still is a place for people who are created; null: nobody is. */
  place: { department: boolean; position: boolean } | null;
}

/** What the provider publishes of itself, and whether it fits. Nothing is thrown: what goes wrong is what was found. */
export async function testProvider(
  connections: ProviderConnections,
  provider: ProviderAccess,
  settings: TestedSettings,
): Promise<ProviderTest> {
  const findings: Finding[] = [];
  try {
    const metadata = (await connections.connect(provider, { fresh: true })).serverMetadata();
    findings.push({ check: 'reachable', ok: true, detail: `${provider.issuer} describes itself.` });
    findings.push({ check: 'issuer', ok: true, detail: `It calls itself ${metadata.issuer}.` });
    findings.push(codeFlow(metadata), pkce(metadata), scopes(metadata, settings.scopes));
    findings.push(await keys(metadata, isLocal(new URL(provider.issuer))));
  } catch (error) {
    findings.push({ check: 'reachable', ok: false, detail: reasonOf(error) });
  }
  if (settings.place) {
    const { department, position } = settings.place;
    const gone = !department
      ? 'The department of new people is gone.'
      : !position && 'The position of new people is gone.';
    findings.push({ check: 'department', ok: !gone, detail: gone || 'New people have a place.' });
  }
  return { ok: findings.every(({ ok }) => ok), findings };
}

function codeFlow({ response_types_supported: types }: ServerMetadata): Finding {
  const ok = types === undefined || types.includes('code');
  const detail = ok ? 'It issues authorization codes.' : `It issues no authorization codes, only ${types.join(', ')}.`;
  return { check: 'code_flow', ok, detail };
}

function pkce({ code_challenge_methods_supported: methods }: ServerMetadata): Finding {
  if (methods === undefined)
    return { check: 'pkce', ok: true, detail: 'It does not say whether it checks PKCE; it is sent.' };
  const ok = methods.includes('S256');
  return { check: 'pkce', ok, detail: ok ? 'It checks PKCE with S256.' : `It checks PKCE, but not with S256.` };
}

function scopes({ scopes_supported: supported }: ServerMetadata, wanted: readonly string[]): Finding {
  const missing = supported === undefined ? [] : wanted.filter((scope) => !supported.includes(scope));
  const detail = missing.length === 0 ? `It knows ${wanted.join(', ')}.` : `It does not know ${missing.join(', ')}.`;
  return { check: 'scopes', ok: missing.length === 0, detail };
}

async function keys({ jwks_uri: address }: ServerMetadata, local: boolean): Promise<Finding> {
  if (address === undefined) return { check: 'keys', ok: false, detail: 'It publishes no keys.' };
  const response = await guardedFetch(address, { signal: AbortSignal.timeout(10_000) }, { local });
  const { keys } = (await response.json()) as { keys?: unknown };
  const count = Array.isArray(keys) ? keys.length : 0;
  const detail = count > 0 ? `It publishes ${count} signing ${count === 1 ? 'key' : 'keys'}.` : 'It publishes no keys.';
  return { check: 'keys', ok: count > 0, detail };
}

/** The innermost cause says most: `getaddrinfo ENOTFOUND …` rather than `fetch failed`. */
function reasonOf(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  return reason instanceof Error ? reason.message : String(reason);
}
