import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function PositionsPage() {
  const { t } = useTranslation();
  usePageTitle(t('positions.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('positions.title')}</h1>
    </PageBar>
  );
}
