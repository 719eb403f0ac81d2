import { type SharedAgentRights, type Tenant, toolNames } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { tiersQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { CheckField, SelectField } from '../design/form-fields.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { Card, Fact, Facts } from '../tenant/card.tsx';
import { agentRightsQuery } from './queries.ts';
import { ToolChoice } from './tool-choice.tsx';
import { ToolList } from './tool-marks.tsx';

/** Tier and tools of an agent that is nobody's in particular; a person's own has those of their position. */
export function AgentRights({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  const { data: rights, error } = useQuery(agentRightsQuery(tenant.id));
  const { data: tiers } = useQuery(tiersQuery);
  const [editing, setEditing] = useState(false);
  const tier = tiers?.find(({ id }) => id === rights?.tierId);
  if (error) return <ProblemNotice error={error} />;
  return (
    <Card
      title={t('security.rights')}
      change={t('security.changeRights')}
      onChange={rights && tier ? () => setEditing(true) : null}
    >
      {rights && tier ? (
        <Facts>
          <Fact name={t('positions.tier')}>{tier.name}</Fact>
          <Fact name={t('positions.tools')}>
            {rights.tools === null ? (
              t('security.allOfTier')
            ) : (
              <ToolList tools={rights.tools.filter((tool) => tier.toolsCeiling.includes(tool))} />
            )}
          </Fact>
        </Facts>
      ) : (
        <Skeleton className="h-16 rounded-lg" />
      )}
      {editing && rights && <RightsDialog tenant={tenant} rights={rights} onClose={() => setEditing(false)} />}
    </Card>
  );
}

function RightsDialog({ tenant, rights, onClose }: { tenant: Tenant; rights: SharedAgentRights; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: tiers = [] } = useQuery(tiersQuery);
  const [tierId, setTierId] = useState(rights.tierId);
  const [own, setOwn] = useState(rights.tools !== null);
  const ceiling = tiers.find(({ id }) => id === tierId)?.toolsCeiling ?? [];
  const [tools, setTools] = useState(rights.tools ?? ceiling);
  const save = useMutation({
    mutationFn: () =>
      api.call('changeSharedAgentRights', {
        params: { tenantId: tenant.id },
        body: {
          tierId,
          tools: own ? toolNames.filter((tool) => tools.includes(tool) && ceiling.includes(tool)) : null,
        },
      }),
    onSettled: () => queries.invalidateQueries(),
    onSuccess: () => {
      showToast({ tone: 'good', title: t('security.rightsChanged', { name: tenant.name }) });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('security.rightsOf', { name: tenant.name })}
      description={t('security.rightsText')}
      onSubmit={() => !save.isPending && save.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : t('common.save')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <SelectField
          label={t('positions.tier')}
          hint={tierId === rights.tierId ? undefined : t('security.sizeFromNextStart')}
          value={tierId}
          onChange={(event) => setTierId(event.target.value)}
        >
          {tiers.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </SelectField>
        <CheckField
          label={t('security.allOfTier')}
          hint={t('security.allOfTierHint')}
          checked={!own}
          onChange={(event) => setOwn(!event.target.checked)}
        />
        {own && (
          <ToolChoice
            label={t('positions.tools')}
            value={tools.filter((tool) => ceiling.includes(tool))}
            onValue={setTools}
            locked={toolNames.filter((tool) => !ceiling.includes(tool))}
            lockedHint={t('security.because.above_tier')}
          />
        )}
        <ProblemNotice error={save.error} />
      </div>
    </Dialog>
  );
}
