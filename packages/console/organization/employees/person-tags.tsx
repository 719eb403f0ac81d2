import type { Role } from '@clawpool/contracts';
import { useTranslation } from 'react-i18next';

const style = 'inline-flex h-5 shrink-0 items-center rounded-sm px-1.5 text-xs';

/** The roles somebody has beside being an employee, which nearly everybody is. */
export function RoleTags({ roles }: { roles: readonly Role[] }) {
  const { t } = useTranslation();
  return roles
    .filter((role) => role !== 'employee')
    .map((role) => (
      <span key={role} className={`${style} bg-accent-soft text-accent-ink`}>
        {t(`roles.${role}`)}
      </span>
    ));
}

export function Suspended() {
  const { t } = useTranslation();
  return <span className={`${style} bg-bad-soft text-bad-ink`}>{t('employees.suspended')}</span>;
}
