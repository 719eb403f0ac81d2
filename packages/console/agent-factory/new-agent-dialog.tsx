import type { Employee } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { newToken } from '../api/token.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { InputField } from '../design/form-fields.tsx';
import { positionsQuery } from '../organization/queries.ts';
import { isName, nameFor } from '../tenants/new-tenant-form.ts';
import { tellTheEndOf } from '../tenants/use-operate.ts';
import { PersonField } from './person-field.tsx';
import { agentsKey } from './queries.ts';

/** Gives somebody who has none an agent of their own, as their position says. */
export function NewAgentDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const { data: positions } = useQuery(positionsQuery);
  const [person, setPerson] = useState<Employee | null>(null);
  const [typedName, setTypedName] = useState<string | null>(null);
  const [insist, setInsist] = useState(false);
  // One token for as long as the form is open: whatever the network does in between, one agent is made.
  const [clientToken] = useState(newToken);
  const name = typedName ?? (person ? nameFor(person.name) : '');
  const position = positions?.find(({ id }) => id === person?.positionId);

  const create = useMutation({
    mutationFn: (employeeId: string) =>
      api.call('createTenant', { body: { clientToken, name, employeeId, tier: position?.tierId, start: false } }),
    onSuccess: ({ tenant, operation }) => {
      for (const queryKey of [agentsKey, ['tenants'], ['employees'], ['layers']]) {
        void queryClient.invalidateQueries({ queryKey });
      }
      void tellTheEndOf(operation);
      onClose();
      void navigate({ to: '/agents/$tenantId', params: { tenantId: tenant.id } });
    },
  });
  const submit = () => {
    setInsist(true);
    if (person && isName(name) && !create.isPending) create.mutate(person.id);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('agentFactory.newPersonal')}
      description={t('agentFactory.newPersonalLead')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={create.isPending}>
            {t('agentFactory.create')}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        <PersonField
          value={person}
          onValue={setPerson}
          withoutAgent
          error={insist && !person ? t('agentFactory.choosePerson') : undefined}
        />
        {person && (
          <>
            <p className="text-ink-soft text-sm">
              {position
                ? t('agentFactory.willBe', { position: position.name, tier: position.tier })
                : t('agentFactory.willHaveNoPosition')}
            </p>
            <InputField
              label={t('newTenant.name')}
              hint={t('newTenant.nameHint')}
              error={insist && !isName(name) ? t('newTenant.nameWrong') : undefined}
              mono
              maxLength={32}
              autoCapitalize="none"
              spellCheck={false}
              value={name}
              onChange={(event) => setTypedName(event.target.value)}
            />
          </>
        )}
        <ProblemNotice error={create.error} />
      </div>
    </Dialog>
  );
}
