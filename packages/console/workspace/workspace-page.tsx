import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function WorkspacePage() {
  const { t } = useTranslation();
  usePageTitle(t('workspace.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('workspace.title')}</h1>
    </PageBar>
  );
}
