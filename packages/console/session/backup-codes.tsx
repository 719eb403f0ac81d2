import { Check, Copy, Download } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { copy } from '../design/copy-button.tsx';

/** Shown once, right after they were made. */
export function BackupCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const text = `${codes.join('\n')}\n`;
  const save = () => {
    const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = address;
    link.download = t('secondFactor.downloadName');
    link.click();
    URL.revokeObjectURL(address);
  };
  return (
    <div className="space-y-4">
      <ul
        data-testid="backup-codes"
        className="grid grid-cols-2 gap-x-4 gap-y-2 rounded-lg border border-line bg-surface p-4 text-center font-mono text-sm"
      >
        {codes.map((code) => (
          <li key={code} className="select-all whitespace-nowrap">
            {code}
          </li>
        ))}
      </ul>
      <div className="grid grid-cols-1 gap-2 sm:grid-cols-2">
        <Button
          onClick={async () => {
            await copy(text);
            setCopied(true);
          }}
        >
          {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
          {copied ? t('common.copied') : t('secondFactor.copyCodes')}
        </Button>
        <Button onClick={save}>
          <Download aria-hidden="true" />
          {t('secondFactor.download')}
        </Button>
      </div>
      <Button kind="primary" className="w-full" onClick={onKept}>
        {t('secondFactor.kept')}
      </Button>
    </div>
  );
}
