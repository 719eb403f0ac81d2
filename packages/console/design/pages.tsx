import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from './button.tsx';

/** Which of how many are shown, and the way to the others. `page` counts from 1. */
export function Pages({
  page,
  pageSize,
  total,
  onPage,
}: {
  page: number;
  pageSize: number;
  total: number;
  onPage: (page: number) => void;
}) {
  const { t } = useTranslation();
  const pages = Math.max(1, Math.ceil(total / pageSize));
  const from = (page - 1) * pageSize + 1;
  return (
    <nav aria-label={t('tenants.pages')} className="mt-4 flex items-center justify-end gap-2 text-ink-faint text-sm">
      <span className="tabular me-1" role="status">
        {t('tenants.showing', { from, to: Math.min(total, page * pageSize), total })}
      </span>
      {pages > 1 && (
        <>
          <Button
            size="icon-sm"
            aria-label={t('tenants.previous')}
            disabled={page <= 1}
            onClick={() => onPage(page - 1)}
          >
            <ChevronLeft aria-hidden="true" />
          </Button>
          <Button
            size="icon-sm"
            aria-label={t('tenants.next')}
            disabled={page >= pages}
            onClick={() => onPage(page + 1)}
          >
            <ChevronRight aria-hidden="true" />
          </Button>
        </>
      )}
    </nav>
  );
}
