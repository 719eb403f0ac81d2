import { Languages, Monitor, Moon, Sun } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { Mark } from '../design/mark.tsx';
import { Menu, MenuChoice } from '../design/menu.tsx';
import { setTheme, themes, useTheme } from '../design/theme.ts';
import { currentLanguage, languages } from '../language/language.ts';
import { LanguageChoice } from '../language/language-choice.tsx';

/** The frame of the pages before the house: one card on still water. */
export function Entrance({ heading, lead, children }: { heading: string; lead: string; children: ReactNode }) {
  return (
    <div className="relative isolate flex min-h-dvh flex-col overflow-hidden">
      <Water />
      <header className="flex items-center justify-between px-4 py-3 sm:px-6">
        <span className="flex items-center gap-2.5 font-semibold tracking-tight">
          <Mark className="size-7 text-accent" />
          Clawpool
        </span>
        <Preferences />
      </header>
      <main className="flex flex-1 items-center justify-center px-4 pt-4 pb-16">
        <div className="w-full max-w-100">
          <h1 className="font-semibold text-2xl">{heading}</h1>
          <p className="mt-2 mb-8 text-balance text-ink-soft">{lead}</p>
          {children}
        </div>
      </main>
    </div>
  );
}

/** Language and theme, for pages without an account menu. */
export function Preferences() {
  const { t } = useTranslation();
  const theme = useTheme();
  const themeLabels = { light: t('shell.themeLight'), dark: t('shell.themeDark'), system: t('shell.themeSystem') };
  const ThemeIcon = { light: Sun, dark: Moon, system: Monitor }[theme];
  return (
    <div className="flex gap-1">
      <Menu
        align="end"
        trigger={
          <Button kind="ghost" size="sm">
            <Languages aria-hidden="true" />
            <span className="sr-only">{t('shell.language')}: </span>
            {languages[currentLanguage()]}
          </Button>
        }
      >
        <LanguageChoice />
      </Menu>
      <Menu
        align="end"
        trigger={
          <Button kind="ghost" size="icon-sm" aria-label={`${t('shell.theme')}: ${themeLabels[theme]}`}>
            <ThemeIcon aria-hidden="true" />
          </Button>
        }
      >
        <MenuChoice
          label={t('shell.theme')}
          value={theme}
          onValue={setTheme}
          options={themes.map((value) => ({ value, label: themeLabels[value] }))}
        />
      </Menu>
    </div>
  );
}

/** Wide rings from the lower right corner, barely there. */
function Water() {
  return (
    <svg
      viewBox="0 0 800 800"
      fill="none"
      stroke="currentColor"
      aria-hidden="true"
      className="absolute -end-80 -bottom-96 -z-10 size-[56rem] text-line-strong sm:-end-56"
    >
      {[60, 118, 182, 252, 328, 396].map((radius, index) => (
        <circle key={radius} cx="400" cy="400" r={radius} strokeWidth={1.4} opacity={0.6 - index * 0.09} />
      ))}
      <circle cx="400" cy="400" r="12" className="fill-accent-line" stroke="none" />
    </svg>
  );
}
