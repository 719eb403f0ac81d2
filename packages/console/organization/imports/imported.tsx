import type { EmployeeImport } from '@clawpool/contracts';
import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { Notice } from '../../design/notice.tsx';
import { Code } from '../../integrations/secret.tsx';
import { passwordsAsText } from './people-file.ts';

/** What an import did, with the first passwords, this once. A slip beside the dialog closes it only the second time. */
export function Imported({
  result,
  onClose,
}: {
  result: { import: EmployeeImport; passwords: readonly { email: string; password: string }[] };
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { created, changed, fileName } = result.import;
  const told = result.passwords.length > 0;
  const [warned, setWarned] = useState(!told);
  return (
    <Dialog
      open
      onClose={() => (warned ? onClose() : setWarned(true))}
      size="lg"
      title={t('imports.doneTitle')}
      description={fileName}
      footer={
        <>
          <p role="status" className="flex-1 self-center font-medium text-sm text-warn-ink empty:hidden">
            {told && warned && t('integrations.closeAgain')}
          </p>
          <Button kind="primary" onClick={onClose}>
            {t(told ? 'integrations.stored' : 'common.close')}
          </Button>
        </>
      }
    >
      <div data-testid="imported" className="grid grid-cols-1 gap-4">
        <p className="flex items-start gap-2.5" role="status">
          <CircleCheck className="mt-0.5 size-5 shrink-0 text-good-ink" aria-hidden="true" />
          {t('imports.done', {
            added: t('imports.added', { count: created }),
            changed: t('imports.changed', { count: changed }),
          })}
        </p>
        {told && (
          <>
            <Notice tone="warn" title={t('integrations.once')}>
              {t('imports.passwordsText')}
            </Notice>
            <Code label={t('imports.passwords')} text={passwordsAsText(result.passwords)} />
          </>
        )}
      </div>
    </Dialog>
  );
}
