import type { ClientError, EventInput, EventName, StreamEvent } from '@clawpool/client';
import { useEffect, useRef } from 'react';
import { api, noticeSessionEnd } from './api.ts';
import { reportStream } from './connection.ts';

/**
 * Follows a stream of events while the component is there. `key` names the stream: a new key is a new stream; null means
 * none. `onRefused` is called when the server will not deliver it at all.
 */
export function useEvents<N extends EventName>(
  key: string | null,
  name: N,
  input: EventInput<N>,
  onEvent: (event: StreamEvent<N>) => void,
  onRefused: (error: ClientError) => void,
): void {
  const latest = useRef({ input, onEvent, onRefused });
  latest.current = { input, onEvent, onRefused };

  useEffect(() => {
    if (key === null) return;
    const abort = new AbortController();
    void api.events(name, latest.current.input, {
      signal: abort.signal,
      onEvent: (event) => latest.current.onEvent(event),
      onOpen: () => reportStream(key, true),
      onError: (error, retryInMs) => {
        reportStream(key, retryInMs === null);
        if (retryInMs !== null) return;
        noticeSessionEnd(error);
        latest.current.onRefused(error);
      },
    });
    return () => {
      abort.abort();
      reportStream(key, true);
    };
  }, [key, name]);
}
