import { useTranslation } from 'react-i18next';
import { MenuChoice } from '../design/menu.tsx';
import { currentLanguage, type Language, languages, setLanguage } from './language.ts';

/** Each language is named in itself, so that it is found by the person who needs it. */
export function LanguageChoice() {
  const { t } = useTranslation();
  return (
    <MenuChoice
      label={t('shell.language')}
      value={currentLanguage()}
      onValue={setLanguage}
      options={(Object.keys(languages) as Language[]).map((value) => ({
        value,
        label: languages[value],
        lang: value,
      }))}
    />
  );
}
