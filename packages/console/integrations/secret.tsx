import { type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { CopyButton } from '../design/copy-button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Notice } from '../design/notice.tsx';

/** Shows a secret, this once. A slip beside the dialog, or Escape, closes it only the second time. */
export function SecretDialog({
  title,
  label,
  secret,
  size = 'md',
  onClose,
  children,
}: {
  title: string;
  label: string;
  secret: string;
  size?: 'md' | 'lg';
  onClose: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const [warned, setWarned] = useState(false);
  return (
    <Dialog
      open
      onClose={() => (warned ? onClose() : setWarned(true))}
      title={title}
      size={size}
      footer={
        <>
          <p role="status" className="flex-1 self-center font-medium text-sm text-warn-ink empty:hidden">
            {warned && t('integrations.closeAgain')}
          </p>
          <Button kind="primary" onClick={onClose}>
            {t('integrations.stored')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <Secret label={label} secret={secret} />
        {children}
      </div>
    </Dialog>
  );
}

function Secret({ label, secret }: { label: string; secret: string }) {
  const { t } = useTranslation();
  return (
    <Notice tone="warn" title={t('integrations.once')}>
      <p className="mb-3 text-ink-soft">{t('integrations.onceText')}</p>
      <p className="mb-1 font-medium">{label}</p>
      <div className="flex items-center gap-1 rounded-md border bg-surface ps-3 pe-1">
        <code data-testid="secret" className="min-w-0 flex-1 select-all break-all py-2 font-mono text-xs">
          {secret}
        </code>
        <CopyButton text={secret} label={t('integrations.copy', { name: label })} />
      </div>
    </Notice>
  );
}

/** Text for a shell, an editor or a machine, to be copied. */
export function Code({ label, text }: { label: string; text: string }) {
  const { t } = useTranslation();
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0">
      <div className="flex items-center justify-between gap-2">
        <h3 id={id} className="font-medium text-sm">
          {label}
        </h3>
        <CopyButton text={text} label={t('integrations.copy', { name: label })} />
      </div>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
        tabIndex={0}
        className="max-h-80 overflow-auto rounded-md border bg-sunken p-3 font-mono text-xs leading-5"
      >
        {text}
      </pre>
    </section>
  );
}
