import type { DirectoryRunConflict } from '@clawpool/contracts';
import { useTranslation } from 'react-i18next';
import { Fold } from '../design/form-fields.tsx';

/** People who could not be taken over as the directory has them, and why. */
export function Conflicts({
  conflicts,
  count,
  open = false,
}: {
  conflicts: readonly DirectoryRunConflict[];
  count: number;
  open?: boolean;
}) {
  const { t } = useTranslation();
  return (
    <Fold title={t('directory.preview.conflicts', { count })} open={open}>
      <ul className="grid gap-2 text-sm">
        {conflicts.map((conflict) => (
          <li key={`${conflict.name} ${conflict.email} ${conflict.reason}`} className="min-w-0 break-words">
            <span className="font-medium">{conflict.name}</span>{' '}
            <span className="text-ink-faint">{conflict.email}</span>
            <span className="block text-ink-soft">
              {t(`directory.conflict.${conflict.reason}`, { detail: conflict.detail })}
            </span>
          </li>
        ))}
      </ul>
    </Fold>
  );
}
