import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { chinese } from './chinese.ts';
import { english } from './english.ts';

export const languages = { en: 'English', zh: '中文' } as const;
export type Language = keyof typeof languages;

const storageKey = 'clawpool.language';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof english };
  }
}

/** The language to start with: what the person chose before, else Chinese for Chinese browsers, else English. */
export function detectLanguage(stored: string | null, browser: string): Language {
  if (stored === 'en' || stored === 'zh') return stored;
  return /^zh\b/i.test(browser) ? 'zh' : 'en';
}

export function startLanguage(): void {
  const language = detectLanguage(localStorage.getItem(storageKey), navigator.language);
  startTexts(language);
  document.documentElement.lang = tagOf(language);
}

/** Makes the texts available, without touching the page. */
export function startTexts(language: Language): void {
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    resources: { en: { translation: english }, zh: { translation: chinese } },
    // React escapes what it renders.
    interpolation: { escapeValue: false },
    // All texts are in the bundle: nothing to wait for, so the first paint is already in the right language.
    initAsync: false,
  });
}

export function setLanguage(language: Language): void {
  localStorage.setItem(storageKey, language);
  document.documentElement.lang = tagOf(language);
  void i18next.changeLanguage(language);
}

export function currentLanguage(): Language {
  return i18next.language === 'zh' ? 'zh' : 'en';
}

/** BCP 47 tag for `lang` and for `Intl`. An English reader keeps the date order of their own English. */
export function tagOf(language: Language): string {
  if (language === 'zh') return 'zh-Hans-CN';
  return /^en-/i.test(navigator.language) ? navigator.language : 'en';
}
