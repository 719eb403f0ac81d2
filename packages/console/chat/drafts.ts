/** Text that was typed and not sent yet, per person and conversation. It survives a reload, not a sign-out. */
const prefix = 'clawpool.draft.';

const keyOf = (userId: string, conversationId: string | null) => `${prefix}${userId}.${conversationId ?? 'new'}`;

export function readDraft(userId: string, conversationId: string | null): string {
  return localStorage.getItem(keyOf(userId, conversationId)) ?? '';
}

export function writeDraft(userId: string, conversationId: string | null, text: string): void {
  const key = keyOf(userId, conversationId);
  try {
    if (text === '') localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // The browser's storage is full (a text of megabytes): the text stays in the input, only a reload would lose it.
  }
}

/** Drafts may be confidential, and the next person at this machine may be another one. */
export function forgetDrafts(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
}
