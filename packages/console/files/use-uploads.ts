import { ClientError } from '@clawpool/client';
import { workspaceLimits } from '@clawpool/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { noticeSessionEnd } from '../api/api.ts';
import { fileAddress, uploadFile } from '../api/files.ts';
import { newToken } from '../api/token.ts';
import { factsOf, type ProblemFacts } from '../api/use-problem.ts';
import { workspaceKey } from './queries.ts';

export interface Upload {
  key: string;
  path: string;
  name: string;
  bytes: number;
  sentBytes: number;
  /** `exists`: something has its name; somebody decides whether it is replaced. */
  state: 'sending' | 'done' | 'exists' | 'failed' | 'too_large';
  problem: ProblemFacts | null;
}

export interface Uploads {
  uploads: readonly Upload[];
  /** Into a folder, one after the other. */
  add(folder: string, files: readonly File[]): void;
  replace(upload: Upload): void;
  /** Also ends one that is being sent. */
  dismiss(upload: Upload): void;
  /** Takes those that are done off the list. */
  clear(): void;
}

export function useUploads(tenantId: string): Uploads {
  const queries = useQueryClient();
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const contents = useRef(new Map<string, { file: File; abort: AbortController }>());
  const queue = useRef(Promise.resolve());

  const change = (key: string, parts: Partial<Upload>) =>
    setUploads((before) => before.map((one) => (one.key === key ? { ...one, ...parts } : one)));

  const send = ({ key, path }: Upload, expected: 'none' | 'any') => {
    queue.current = queue.current.then(async () => {
      const known = contents.current.get(key);
      if (!known || known.abort.signal.aborted) return;
      try {
        const address = fileAddress('writeFile', { tenantId }, { path, expected });
        await uploadFile(address, 'application/octet-stream', known.file, {
          signal: known.abort.signal,
          onProgress: (sentBytes) => change(key, { sentBytes }),
        });
        change(key, { state: 'done', sentBytes: known.file.size });
        contents.current.delete(key);
        await queries.invalidateQueries({ queryKey: workspaceKey(tenantId) });
      } catch (error) {
        if (known.abort.signal.aborted) return;
        noticeSessionEnd(error);
        if (!(error instanceof ClientError)) reportError(error);
        const exists = error instanceof ClientError && error.code === 'conflict' && expected === 'none';
        change(key, { state: exists ? 'exists' : 'failed', problem: factsOf(error), sentBytes: 0 });
      }
    });
  };

  return {
    uploads,
    add: (folder, files) => {
      const added = files.map((file): Upload => {
        const key = newToken();
        contents.current.set(key, { file, abort: new AbortController() });
        const tooLarge = file.size > workspaceLimits.uploadBytes;
        const path = folder + file.name;
        return {
          ...{ key, path, name: file.name, bytes: file.size, sentBytes: 0, problem: null },
          state: tooLarge ? 'too_large' : 'sending',
        };
      });
      setUploads((before) => [...before.filter(({ state }) => state !== 'done'), ...added]);
      for (const upload of added) if (upload.state === 'sending') send(upload, 'none');
    },
    replace: (upload) => {
      change(upload.key, { state: 'sending', problem: null });
      send(upload, 'any');
    },
    dismiss: ({ key }) => {
      contents.current.get(key)?.abort.abort();
      contents.current.delete(key);
      setUploads((before) => before.filter((one) => one.key !== key));
    },
    clear: () => setUploads((before) => before.filter(({ state }) => state !== 'done')),
  };
}
