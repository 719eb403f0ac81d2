import { ClientError } from '@clawpool/client';
import type { Attachment } from '@clawpool/contracts';
import { useReducer, useRef, useState } from 'react';
import { noticeSessionEnd } from '../api/api.ts';
import { fileAddress, uploadFile } from '../api/files.ts';
import { newToken } from '../api/token.ts';
import { factsOf } from '../api/use-problem.ts';
import { type ChosenFile, type RefusedFile, sortOut, trayReducer } from './file-tray.ts';

export interface FileTray {
  files: readonly ChosenFile[];
  /** What was chosen last and cannot be sent. */
  refused: readonly RefusedFile[];
  /** Every file of the message is stored. */
  ready: boolean;
  /** The conversation for the files is being made. */
  starting: boolean;
  add(files: readonly File[]): void;
  /** Files of a message that comes back to be edited: they are stored already. */
  putBack(attachments: readonly Attachment[]): void;
  again(file: ChosenFile): void;
  remove(file: ChosenFile): void;
  /** Takes the files of the message that is sent now. */
  take(): Attachment[];
}

export interface FileTrayOptions {
  start: () => Promise<string>;
  onStarted: (conversationId: string) => void;
  /** By which route files are uploaded: to the own conversation, unless given. */
  route?: 'uploadAttachment' | 'uploadSessionAttachment';
}

const nothing = { of: null, files: [] };

/**
 * Uploads what was chosen for the next message of a conversation, one file after the other. Without a conversation, `start` makes it
 * first.
 */
export function useFileTray(
  conversationId: string | null,
  { start, onStarted, route = 'uploadAttachment' }: FileTrayOptions,
): FileTray {
  const [tray, dispatch] = useReducer(trayReducer, []);
  const [refused, setRefused] = useState<{ of: string | null; files: readonly RefusedFile[] }>(nothing);
  const [starting, setStarting] = useState(false);
  const contents = useRef(new Map<string, { file: File; abort: AbortController }>());
  const queue = useRef(Promise.resolve());
  const started = useRef<Promise<string> | null>(null);
  const files = tray.filter((file) => file.conversationId === conversationId);

  /** One conversation for all files that are chosen before there is one. */
  const conversationOf = (id: string | null): Promise<string> => {
    if (id !== null) return Promise.resolve(id);
    started.current ??= begin();
    return started.current;
  };
  const begin = async (): Promise<string> => {
    setStarting(true);
    try {
      const made = await start();
      dispatch({ type: 'addressed', conversationId: made });
      setRefused((before) => (before.of === null ? { ...before, of: made } : before));
      onStarted(made);
      return made;
    } finally {
      started.current = null;
      setStarting(false);
    }
  };

  const upload = (key: string, of: string | null) => {
    const known = contents.current.get(key);
    if (!known) return;
    const conversation = conversationOf(of);
    // It is looked at below, in its turn; until then nobody has missed it.
    conversation.catch(() => {});
    queue.current = queue.current.then(async () => {
      const { file, abort } = known;
      if (abort.signal.aborted) return;
      try {
        const query = { name: file.name || 'file', ...(file.type ? { mediaType: file.type } : {}) };
        const address = fileAddress(route, { conversationId: await conversation }, query);
        const attachment = await uploadFile<Attachment>(address, 'application/octet-stream', file, {
          signal: abort.signal,
          onProgress: (bytes) => dispatch({ type: 'sent', key, bytes }),
        });
        dispatch({ type: 'stored', key, attachment });
      } catch (error) {
        if (abort.signal.aborted) return;
        noticeSessionEnd(error);
        const { code, hint } = factsOf(error);
        dispatch({ type: 'failed', key, problem: { code, hint } });
        if (!(error instanceof ClientError)) reportError(error);
      }
    });
  };

  return {
    files,
    // What was refused elsewhere is no news here.
    refused: refused.of === conversationId ? refused.files : [],
    ready: files.every(({ attachment }) => attachment !== null),
    starting,
    add(chosen) {
      const sorted = sortOut(chosen, files.length);
      setRefused({ of: conversationId, files: sorted.refused });
      const added = sorted.admitted.map((file) => ({ key: newToken(), file }));
      dispatch({
        type: 'add',
        files: added.map(({ key, file }) => ({
          key,
          conversationId,
          name: file.name,
          mediaType: file.type,
          bytes: file.size,
          sentBytes: 0,
          attachment: null,
          problem: null,
        })),
      });
      for (const { key, file } of added) {
        contents.current.set(key, { file, abort: new AbortController() });
        upload(key, conversationId);
      }
    },
    putBack(attachments) {
      dispatch({
        type: 'add',
        files: attachments.map((attachment) => ({
          key: newToken(),
          conversationId,
          name: attachment.name,
          mediaType: attachment.mediaType,
          bytes: attachment.bytes,
          sentBytes: attachment.bytes,
          attachment,
          problem: null,
        })),
      });
    },
    again(file) {
      dispatch({ type: 'again', key: file.key });
      upload(file.key, file.conversationId);
    },
    remove(file) {
      contents.current.get(file.key)?.abort.abort();
      contents.current.delete(file.key);
      dispatch({ type: 'remove', keys: [file.key] });
    },
    take() {
      const stored = files.flatMap(({ attachment }) => attachment ?? []);
      for (const { key } of files) contents.current.delete(key);
      dispatch({ type: 'remove', keys: files.map(({ key }) => key) });
      setRefused(nothing);
      return stored;
    },
  };
}
