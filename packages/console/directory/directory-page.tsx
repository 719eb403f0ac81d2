import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function DirectoryPage() {
  const { t } = useTranslation();
  usePageTitle(t('directory.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('directory.title')}</h1>
    </PageBar>
  );
}
