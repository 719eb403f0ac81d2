import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './button.tsx';

/** Puts a text on the clipboard and says so for two seconds. */
export function CopyButton({ text, label, className }: { text: string; label: string; className?: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <Button
      kind="ghost"
      size="icon-sm"
      className={className}
      aria-label={copied ? t('common.copied') : label}
      title={label}
      onClick={async () => {
        await copy(text);
        setCopied(true);
      }}
    >
      {copied ? <Check aria-hidden="true" className="text-good-ink" /> : <Copy aria-hidden="true" />}
    </Button>
  );
}

/** The clipboard's own interface exists only on https and localhost; on a plain http address the old way still works. */
export async function copy(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'fixed opacity-0';
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
