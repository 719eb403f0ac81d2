import { ClientError, type ClientErrorCode } from '@clawpool/client';
import { useTranslation } from 'react-i18next';

export interface Problem {
  /** What happened, in the person's language, by the error's code. */
  title: string;
  /** What to do, as the server put it; absent when it said nothing more. */
  detail: string | undefined;
}

/** What is worth keeping of an error: enough to say it again in another language. */
export interface ProblemFacts {
  code: ClientErrorCode;
  hint?: string | undefined;
  requestId?: string | undefined;
}

/** Anything that is not an answer of the server is a mistake of ours: `internal`. */
export function factsOf(error: unknown): ProblemFacts {
  if (!(error instanceof ClientError)) return { code: 'internal' };
  return { code: error.code, hint: error.hint, requestId: error.requestId };
}

/** Puts an error in words. */
export function useProblem(): (facts: ProblemFacts) => Problem {
  const { t } = useTranslation();
  return ({ code, hint, requestId }) => ({
    title: t(`errors.${code}`),
    // The client's own hint is for the command line; here the page says what happens next.
    detail: code === 'unreachable' ? undefined : (hint ?? (requestId && t('common.requestId', { id: requestId }))),
  });
}
