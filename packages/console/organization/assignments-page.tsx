import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function AssignmentsPage() {
  const { t } = useTranslation();
  usePageTitle(t('assignments.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('assignments.title')}</h1>
    </PageBar>
  );
}
