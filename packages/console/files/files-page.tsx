import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function FilesPage() {
  const { t } = useTranslation();
  usePageTitle(t('agentFiles.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('agentFiles.title')}</h1>
    </PageBar>
  );
}
