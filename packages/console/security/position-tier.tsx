import { type Position, toolNames } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { tiersQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { SelectField } from '../design/form-fields.tsx';
import { showToast } from '../design/toast.tsx';

/** Gives a position another tier; its agents follow. */
export function PositionTier({ position, onClose }: { position: Position; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: tiers = [], error } = useQuery(tiersQuery);
  const [tierId, setTierId] = useState(position.tierId);
  const [insist, setInsist] = useState(false);
  const ceiling = tiers.find(({ id }) => id === tierId)?.toolsCeiling;
  const cut = ceiling ? toolNames.filter((tool) => position.tools.includes(tool) && !ceiling.includes(tool)) : [];
  const same = tierId === position.tierId;
  const save = useMutation({
    mutationFn: () => api.call('changePosition', { params: { positionId: position.id }, body: { tierId } }),
    onSettled: () => queries.invalidateQueries(),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('security.positionTierChanged', { name: position.name }) });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      size="sm"
      title={t('security.positionTier', { name: position.name })}
      description={t('security.positionTierText', { count: position.agents })}
      onSubmit={() => {
        setInsist(true);
        if (!same && !save.isPending) save.mutate();
      }}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : t('common.save')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-4">
        <SelectField
          label={t('positions.tier')}
          hint={
            cut.length > 0
              ? t('security.cut', { tools: cut.map((tool) => t(`security.tool.${tool}`)).join(t('security.comma')) })
              : undefined
          }
          error={insist && same ? t('security.sameTier') : undefined}
          value={tierId}
          onChange={(event) => setTierId(event.target.value)}
        >
          {tiers.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
        <ProblemNotice error={save.error ?? error} />
      </div>
    </Dialog>
  );
}
