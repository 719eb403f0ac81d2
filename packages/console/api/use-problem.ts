import { ClientError } from '@clawpool/client';
import { useTranslation } from 'react-i18next';

export interface Problem {
  /** What happened, in the person's language, by the error's code. */
  title: string;
  /** What to do, as the server put it; absent when it said nothing more. */
  detail: string | undefined;
}

/** Puts an error in words. Anything that is not an answer of the server is a mistake of ours: `internal`. */
export function useProblem(): (error: unknown) => Problem {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof ClientError)) return { title: t('errors.internal'), detail: undefined };
    const request =
      error.code === 'internal' && error.requestId ? t('common.requestId', { id: error.requestId }) : undefined;
    return { title: t(`errors.${error.code}`), detail: error.hint ?? request };
  };
}
