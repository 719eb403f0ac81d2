import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../design/copy-button.tsx';
import { Notice } from '../design/notice.tsx';

/** Something that is told once. */
export function Secret({ label, secret }: { label: string; secret: string }) {
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
