import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';

/** What stands where there is nothing to show yet. */
export function LoadingOrFailed({ error, onRetry }: { error: Error | null; onRetry: () => void }) {
  const { t } = useTranslation();
  if (error) {
    return (
      <Placeholder title={t('identity.failed')} actions={<Button onClick={onRetry}>{t('common.tryAgain')}</Button>}>
        <ProblemNotice error={error} />
      </Placeholder>
    );
  }
  return (
    <div>
      <p role="status" className="sr-only">
        {t('identity.loading')}
      </p>
      <Skeleton className="h-40 rounded-lg" />
    </div>
  );
}
