import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function DashboardPage() {
  const { t } = useTranslation();
  usePageTitle(t('dashboard.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('dashboard.title')}</h1>
    </PageBar>
  );
}
