import type { DirectorySource } from '@clawpool/contracts';
import { RefreshCw } from 'lucide-react';
import { useTranslation } from 'react-i18next';

/** Which directory brought somebody or something; nothing where it was made here. */
export function SourceTag({ source }: { source: DirectorySource }) {
  const { t } = useTranslation();
  if (source === 'local') return null;
  return (
    <span className="inline-flex h-5 shrink-0 items-center gap-1 rounded-sm bg-info-soft px-1.5 text-info-ink text-xs">
      <RefreshCw className="size-3" aria-hidden="true" />
      {t(`organization.source.${source}`)}
    </span>
  );
}
