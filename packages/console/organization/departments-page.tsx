import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function DepartmentsPage() {
  const { t } = useTranslation();
  usePageTitle(t('departments.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('departments.title')}</h1>
    </PageBar>
  );
}
