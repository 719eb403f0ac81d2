import type { OperationKind, Tenant } from '@clawpool/contracts';
import { MoreHorizontal } from 'lucide-react';
import { Fragment } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { Menu, MenuItem, MenuLine, MenuNote } from '../design/menu.tsx';
import { actionIcons } from './action-icons.ts';
import { useBeginOperation } from './operations.tsx';
import { actionGroupsOf } from './tenant-actions.ts';

/** Everything that can be asked for a tenant now. */
export function TenantMenu({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  const begin = useBeginOperation();
  const groups = actionGroupsOf(tenant);
  return (
    <Menu
      align="end"
      trigger={
        <Button kind="ghost" size="icon-sm" aria-label={t('tenants.actionsOf', { name: tenant.name })}>
          <MoreHorizontal aria-hidden="true" />
        </Button>
      }
    >
      {groups.length === 0 && (
        <MenuNote>
          {tenant.operation
            ? t('tenants.busy', { doing: t(`operations.doing.${tenant.operation.kind as OperationKind}`) })
            : t('tenants.noActions')}
        </MenuNote>
      )}
      {groups.map((group, index) => (
        <Fragment key={group[0]}>
          {index > 0 && <MenuLine />}
          {group.map((action) => {
            const Icon = actionIcons[action];
            return (
              <MenuItem
                key={action}
                icon={<Icon aria-hidden="true" />}
                danger={action === 'delete'}
                onSelect={() => begin(tenant, action)}
              >
                {t(`operations.action.${action}`)}
              </MenuItem>
            );
          })}
        </Fragment>
      ))}
    </Menu>
  );
}
