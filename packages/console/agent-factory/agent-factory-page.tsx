import { useTranslation } from 'react-i18next';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';

export function AgentFactoryPage() {
  const { t } = useTranslation();
  usePageTitle(t('agentFactory.title'));
  return (
    <PageBar>
      <h1 className="font-semibold">{t('agentFactory.title')}</h1>
    </PageBar>
  );
}
