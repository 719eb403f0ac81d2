import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';

/** One `key:value` label, or a plain word. With `onRemove` it can be taken away. */
export function Tag({ name, value, onRemove }: { name: string; value?: string; onRemove?: () => void }) {
  const { t } = useTranslation();
  const text = value === undefined || value === '' ? name : `${name}:${value}`;
  return (
    <span className="inline-flex h-6 min-w-0 max-w-full items-center gap-1 rounded-sm border border-line bg-sunken px-1.5 text-ink-soft text-xs">
      <span className="truncate" title={text}>
        {name}
        {value !== undefined && value !== '' && (
          <>
            <span className="text-ink-faint">:</span>
            <span className="text-ink">{value}</span>
          </>
        )}
      </span>
      {onRemove && (
        <button
          type="button"
          aria-label={t('common.remove', { name: text })}
          onClick={onRemove}
          className="-me-1 grid size-5 shrink-0 place-items-center rounded-xs text-ink-faint hover:bg-hover hover:text-ink"
        >
          <X className="size-3" aria-hidden="true" />
        </button>
      )}
    </span>
  );
}
