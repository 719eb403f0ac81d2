import { ClientError, createClient } from '@clawpool/client';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

/** The page comes from the server it talks to; the session's cookie does the rest. */
export const api = createClient({ baseUrl: '' });

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSessionEnd }),
  mutationCache: new MutationCache({ onError: noticeSessionEnd }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) => isTemporary(error) && failures < 2,
      // "Offline" as browsers see it says nothing about a server on the same network or machine.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

/** What ends the stay on a signed-in page. */
export type SessionEnd = 'expired' | 'password' | 'second-factor';

let onSessionEnd: (why: SessionEnd) => unknown = () => {};

/** Called once, by whoever can navigate. */
export function whenSessionEnds(listener: (why: SessionEnd) => unknown): void {
  onSessionEnd = listener;
}

/** Every failed request passes here, whoever made it: a session can end under any of them. */
export function noticeSessionEnd(error: unknown): void {
  if (!(error instanceof ClientError)) return;
  if (error.code === 'session_expired' || error.code === 'not_signed_in') onSessionEnd('expired');
  if (error.code === 'password_change_required') onSessionEnd('password');
  if (error.code === 'second_factor_setup_required') onSessionEnd('second-factor');
}

/** Worth another attempt without anybody changing anything. */
function isTemporary(error: unknown): boolean {
  return error instanceof ClientError && (error.code === 'unreachable' || error.code === 'unavailable');
}
