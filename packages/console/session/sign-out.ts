import { ClientError } from '@clawpool/client';
import { api } from '../api/api.ts';
import { forgetDrafts } from '../chat/drafts.ts';
import { forgetOutbox } from '../chat/use-outbox.ts';

/**
 * Ends the session and loads the sign-in page anew, so that nothing of the person stays in this tab's memory.
 * @throws ClientError when the server could not be told; the session is still open then.
 */
export async function signOut(): Promise<void> {
  try {
    await api.call('signOut');
  } catch (error) {
    const over = error instanceof ClientError && (error.status === 401 || error.status === 403);
    if (!over) throw error;
  }
  forgetDrafts();
  forgetOutbox();
  window.location.assign('/sign-in');
}
