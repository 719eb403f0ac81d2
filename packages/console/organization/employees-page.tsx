import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function EmployeesPage() {
  const { t } = useTranslation();
  usePageTitle(t('employees.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('employees.title')}</h1>
    </PageBar>
  );
}
