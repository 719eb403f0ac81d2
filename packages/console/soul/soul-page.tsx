import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function SoulPage() {
  const { t } = useTranslation();
  usePageTitle(t('soul.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('soul.title')}</h1>
    </PageBar>
  );
}
