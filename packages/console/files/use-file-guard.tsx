import { useBlocker } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfirmDialog } from '../design/dialog.tsx';

/**
 * Keeps somebody from losing what they have written in a file: another file of the same page asks first too, since which one is shown is part of
 * the address. The question has to be shown.
 */
export function useFileGuard(dirty: boolean): ReactNode {
  const { t } = useTranslation();
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) =>
      dirty && (current.pathname !== next.pathname || JSON.stringify(current.search) !== JSON.stringify(next.search)),
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });
  if (blocker.status !== 'blocked') return null;
  return (
    <ConfirmDialog
      open
      onClose={blocker.reset}
      title={t('agentFiles.unsavedTitle')}
      confirm={t('agentFiles.leave')}
      danger
      onConfirm={blocker.proceed}
    >
      <p>{t('agentFiles.unsaved')}</p>
    </ConfirmDialog>
  );
}
