import type { Tenant } from '@clawpool/contracts';
import { createContext, type ReactNode, useContext, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { messageOf } from '../api/problem-notice.tsx';
import { factsOf, useProblem } from '../api/use-problem.ts';
import { showToast } from '../design/toast.tsx';
import { OperationDialog } from './operation-dialog.tsx';
import { type Action, type ImmediateAction, isImmediate } from './tenant-actions.ts';
import { useOperate } from './use-operate.ts';

type Begin = (tenant: Tenant, action: Action) => void;
const BeginOperation = createContext<Begin>(() => {});

/** How a button or a menu of any tenant begins an operation: at once, or through a dialog that `Operations` shows. */
export const useBeginOperation = (): Begin => useContext(BeginOperation);

/**
 * Stands once around a page with tenants. The dialog belongs to the page and not to a row, which may leave the page while the
 * person still reads what will happen.
 */
export function Operations({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const problem = useProblem();
  const operate = useOperate();
  const [asked, setAsked] = useState<{ tenant: Tenant; action: Exclude<Action, ImmediateAction> } | null>(null);
  const begin: Begin = (tenant, action) => {
    if (!isImmediate(action)) return setAsked({ tenant, action });
    operate.mutate(
      { tenant, request: { kind: action } },
      {
        onError: (error) => {
          const facts = factsOf(error);
          const { title, detail } = problem(facts);
          showToast({
            tone: 'bad',
            title: t('operations.refused', { name: tenant.name, action: t(`operations.action.${action}`) }),
            detail: [messageOf(error) ?? title, detail].filter(Boolean).join(' '),
          });
        },
      },
    );
  };
  return (
    <BeginOperation value={begin}>
      {children}
      {asked && <OperationDialog {...asked} onClose={() => setAsked(null)} />}
    </BeginOperation>
  );
}
