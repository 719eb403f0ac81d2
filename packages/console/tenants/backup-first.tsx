import { useTranslation } from 'react-i18next';
import { CheckField } from '../design/form-fields.tsx';

/** Whether what is replaced is backed up before; where that cannot be done, what mends the tenant goes without. */
export function BackupFirst({ value, onValue }: { value: boolean; onValue: (value: boolean) => void }) {
  const { t } = useTranslation();
  return (
    <CheckField
      label={t('operations.backupFirst')}
      hint={value ? undefined : t('operations.means.noBackup')}
      checked={value}
      onChange={(event) => onValue(event.target.checked)}
    />
  );
}
