import { type Attachment, attachmentLimits } from '@clawpool/contracts';
import type { OutgoingProblem } from './outbox.ts';

/** Files that were chosen for the next message. Plain data and rules; `use-file-tray.ts` uploads them. */

export interface ChosenFile {
  /** Names it on this page. */
  key: string;
  /** Null: the conversation does not exist yet. */
  conversationId: string | null;
  name: string;
  /** Empty where the browser does not know it. */
  mediaType: string;
  bytes: number;
  sentBytes: number;
  /** What the server stored; null until then. */
  attachment: Attachment | null;
  problem: OutgoingProblem | null;
}

/** A file that was not even uploaded. */
export interface RefusedFile {
  name: string;
  why: 'too_large' | 'too_many' | 'empty';
}

export type TrayAction =
  | { type: 'add'; files: readonly ChosenFile[] }
  /** The conversation they were chosen for exists now. */
  | { type: 'addressed'; conversationId: string }
  | { type: 'sent'; key: string; bytes: number }
  | { type: 'stored'; key: string; attachment: Attachment }
  | { type: 'failed'; key: string; problem: OutgoingProblem }
  | { type: 'again'; key: string }
  | { type: 'remove'; keys: readonly string[] };

export function trayReducer(tray: readonly ChosenFile[], action: TrayAction): readonly ChosenFile[] {
  switch (action.type) {
    case 'add':
      return [...tray, ...action.files];
    case 'addressed':
      return tray.map((file) =>
        file.conversationId === null ? { ...file, conversationId: action.conversationId } : file,
      );
    case 'sent':
      return change(tray, action.key, { sentBytes: action.bytes });
    case 'stored':
      return change(tray, action.key, { attachment: action.attachment, problem: null });
    case 'failed':
      return change(tray, action.key, { problem: action.problem, sentBytes: 0 });
    case 'again':
      return change(tray, action.key, { problem: null, sentBytes: 0 });
    case 'remove':
      return tray.filter(({ key }) => !action.keys.includes(key));
  }
}

function change(tray: readonly ChosenFile[], key: string, parts: Partial<ChosenFile>): readonly ChosenFile[] {
  return tray.map((file) => (file.key === key ? { ...file, ...parts } : file));
}

/** Tells before anything is sent what the server would refuse. `present`: files that the message has already. */
export function sortOut<F extends { name: string; size: number }>(
  files: readonly F[],
  present: number,
): { admitted: F[]; refused: RefusedFile[] } {
  const admitted: F[] = [];
  const refused: RefusedFile[] = [];
  for (const file of files) {
    const why =
      file.size === 0
        ? 'empty'
        : file.size > attachmentLimits.bytes
          ? 'too_large'
          : present + admitted.length >= attachmentLimits.perMessage
            ? 'too_many'
            : null;
    if (why === null) admitted.push(file);
    else refused.push({ name: file.name, why });
  }
  return { admitted, refused };
}
