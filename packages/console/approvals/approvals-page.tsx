import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function ApprovalsPage() {
  const { t } = useTranslation();
  usePageTitle(t('approvals.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('approvals.title')}</h1>
    </PageBar>
  );
}
