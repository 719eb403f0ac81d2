import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function IdentityPage() {
  const { t } = useTranslation();
  usePageTitle(t('identity.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('identity.title')}</h1>
    </PageBar>
  );
}
