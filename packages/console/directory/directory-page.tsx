import { useSuspenseQuery } from '@tanstack/react-query';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { meQuery } from '../api/queries.ts';
import { isAdmin } from '../session/access.ts';
import { usePageTitle } from '../shell/page-title.ts';
import { PageBar } from '../shell/shell.tsx';
import { Mappings } from './mappings.tsx';
import { Scim } from './scim.tsx';
import { Sources } from './sources.tsx';

/** Where people come from besides the console. */
export function DirectoryPage() {
  const { t } = useTranslation();
  usePageTitle(t('directory.title'));
  const { data: me } = useSuspenseQuery(meQuery);
  const mayChange = isAdmin(me) && me.permissions.includes('policy');
  return (
    <>
      <PageBar>
        <div className="min-w-0 flex-1 leading-tight">
          <h1 className="font-semibold">{t('directory.title')}</h1>
          <p className="truncate text-ink-faint text-xs leading-5">{t('directory.lead')}</p>
        </div>
      </PageBar>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto grid w-full max-w-300 grid-cols-1 gap-10 px-4 py-6 sm:px-5 lg:px-6">
          <Part title={t('directory.scim.title')} text={t('directory.scim.text')}>
            <Scim mayChange={mayChange} />
          </Part>
          <Part title={t('directory.sources.title')} text={t('directory.sources.text')}>
            <Sources mayChange={mayChange} />
          </Part>
          <Part title={t('directory.mappings.title')} text={t('directory.mappings.text')}>
            <Mappings mayChange={mayChange} />
          </Part>
        </div>
      </div>
    </>
  );
}

function Part({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="grid min-w-0 grid-cols-1 gap-4">
      <div>
        <h2 id={id} className="font-semibold text-lg">
          {title}
        </h2>
        <p className="mt-1 max-w-2xl text-ink-soft text-sm">{text}</p>
      </div>
      {children}
    </section>
  );
}
