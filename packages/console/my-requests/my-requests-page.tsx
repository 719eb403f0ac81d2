import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function MyRequestsPage() {
  const { t } = useTranslation();
  usePageTitle(t('myRequests.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('myRequests.title')}</h1>
    </PageBar>
  );
}
