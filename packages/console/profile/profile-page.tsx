import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function ProfilePage() {
  const { t } = useTranslation();
  usePageTitle(t('profile.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('profile.title')}</h1>
    </PageBar>
  );
}
