import { useBlocker } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfirmDialog } from '../design/dialog.tsx';

/**
 * Keeps somebody from losing what they have written: other pages of the console ask first, and so does the browser before it closes or
 * reloads. The question has to be shown.
 */
export function useUnsavedGuard(dirty: boolean): ReactNode {
  const { t } = useTranslation();
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });
  if (blocker.status !== 'blocked') return null;
  return (
    <ConfirmDialog
      open
      onClose={blocker.reset}
      title={t('soul.unsaved.title')}
      confirm={t('soul.unsaved.leave')}
      danger
      onConfirm={blocker.proceed}
    >
      <p>{t('soul.unsaved.text')}</p>
    </ConfirmDialog>
  );
}
