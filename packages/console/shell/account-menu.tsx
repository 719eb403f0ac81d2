import type { Me } from '@clawpool/contracts';
import { useMutation } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { ChevronsUpDown, KeyRound, LogOut, ShieldCheck } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { Menu, MenuChoice, MenuItem, MenuLine } from '../design/menu.tsx';
import { Notice } from '../design/notice.tsx';
import { setTheme, themes, useTheme } from '../design/theme.ts';
import { LanguageChoice } from '../language/language-choice.tsx';
import { signOut } from '../session/sign-out.ts';

export function AccountMenu({ me }: { me: Me }) {
  const { t } = useTranslation();
  const router = useRouter();
  const theme = useTheme();
  const problem = useProblem();
  const leave = useMutation({ mutationFn: signOut });
  const themeLabels = { light: t('shell.themeLight'), dark: t('shell.themeDark'), system: t('shell.themeSystem') };
  const roles = me.roles.map((role) => t(`roles.${role}`)).join(' · ');
  return (
    <>
      {leave.error && (
        <Notice tone="bad" role="alert" title={t('shell.signOutFailed')} className="mb-2">
          {problem(factsOf(leave.error)).title}
        </Notice>
      )}
      <Menu
        side="top"
        trigger={
          <button
            type="button"
            className="flex w-full items-center gap-3 rounded-md p-2 text-start transition-colors hover:bg-hover data-[state=open]:bg-hover"
          >
            <Initials name={me.name} />
            <span className="min-w-0 flex-1 leading-tight">
              <span className="block truncate font-medium text-sm">
                <span className="sr-only">{t('shell.account')} </span>
                {me.name}
              </span>
              <span className="block truncate text-ink-faint text-xs">{me.employee?.position ?? roles}</span>
            </span>
            <ChevronsUpDown className="size-4 shrink-0 text-ink-faint" aria-hidden="true" />
          </button>
        }
      >
        <div className="px-2.5 pt-1.5 pb-2 text-sm">
          <p className="truncate font-medium">{me.email}</p>
          <p className="text-ink-faint text-xs">{roles}</p>
        </div>
        <MenuLine className="mt-0" />
        <LanguageChoice />
        <MenuLine />
        <MenuChoice
          label={t('shell.theme')}
          value={theme}
          onValue={setTheme}
          options={themes.map((value) => ({ value, label: themeLabels[value] }))}
        />
        <MenuLine />
        <MenuItem icon={<KeyRound aria-hidden="true" />} onSelect={() => router.history.push('/password')}>
          {t('shell.changePassword')}
        </MenuItem>
        <MenuItem icon={<ShieldCheck aria-hidden="true" />} onSelect={() => router.history.push('/second-factor')}>
          {t('secondFactor.menu')}
        </MenuItem>
        <MenuItem icon={<LogOut aria-hidden="true" />} onSelect={() => leave.mutate()}>
          {t('shell.signOut')}
        </MenuItem>
      </Menu>
    </>
  );
}

function Initials({ name }: { name: string }) {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? `${words[0]?.[0] ?? ''}${words.at(-1)?.[0] ?? ''}` : name.slice(0, 2);
  return (
    <span
      aria-hidden="true"
      className="grid size-8 shrink-0 place-items-center rounded-full bg-pressed font-semibold text-ink-soft text-xs uppercase"
    >
      {letters}
    </span>
  );
}
