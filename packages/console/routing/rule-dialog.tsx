import { type RoutingRule, type RoutingScope, type RoutingTarget, routingScope } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { tiersQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { SelectField } from '../design/form-fields.tsx';
import { RadioField } from '../design/radio-field.tsx';
import { showToast } from '../design/toast.tsx';
import { employeesQuery } from '../tenants/queries.ts';
import { affectedBy, positionsOf } from './affected.ts';
import { routingKey } from './queries.ts';
import { TenantField, useNamingTenant } from './tenant-field.tsx';

/** Sets a rule; with `rule`, another target for it. */
export function RuleDialog({
  rule,
  rules,
  onClose,
}: {
  rule: RoutingRule | null;
  rules: readonly RoutingRule[];
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: employees = [], error: peopleError } = useQuery(employeesQuery);
  const { data: tiers = [], error: tiersError } = useQuery(tiersQuery);
  const [scope, setScope] = useState<RoutingScope>(rule?.scope ?? 'employee');
  const [ownerId, setOwnerId] = useState(rule?.ownerId ?? '');
  const [type, setType] = useState<RoutingTarget['type']>(rule?.target.type ?? 'tier');
  const [tierId, setTierId] = useState(rule?.target.type === 'tier' ? rule.target.tierId : '');
  const naming = useNamingTenant();
  const [insist, setInsist] = useState(false);

  const ownerMissing = scope !== 'organization' && ownerId === '';
  const known = scope === 'organization' ? '' : ownerId;
  const replaced = rules.find((other) => other.scope === scope && other.ownerId === known);

  const save = useMutation({
    mutationFn: (body: { target: RoutingTarget }) =>
      api.call('putRoutingRule', {
        params: { scope, ownerId: scope === 'organization' ? 'organization' : ownerId },
        body,
      }),
    onSettled: () => queries.invalidateQueries({ queryKey: routingKey }),
    onSuccess: (saved) => {
      showToast({ tone: 'good', title: t('routing.ruleSet'), detail: t('routing.affects', { count: saved.affects }) });
      onClose();
    },
  });
  const targetOf = async (): Promise<RoutingTarget | null> => {
    if (type === 'tier') return tierId === '' ? null : { type, tierId };
    const tenant = await naming.resolve();
    return tenant && { type, tenantId: tenant.id };
  };
  const submit = async () => {
    setInsist(true);
    const target = await targetOf();
    if (!ownerMissing && target) save.mutate({ target });
  };

  return (
    <Dialog
      open
      onClose={onClose}
      title={rule ? t('routing.changeRule') : t('routing.newRule')}
      description={t('routing.dialogText')}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : t('routing.setRule')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        {rule === null && (
          <RadioField
            label={t('routing.scope')}
            value={scope}
            onValue={(next) => {
              setScope(next);
              setOwnerId('');
            }}
            options={routingScope.options.map((value) => ({
              value,
              label: t(`routing.scopeNames.${value}`),
              hint: t(`routing.scopeHints.${value}`),
            }))}
          />
        )}
        {scope === 'employee' && (
          <SelectField
            label={t('routing.employee')}
            value={ownerId}
            disabled={rule !== null}
            error={insist && ownerMissing ? t('routing.chooseEmployee') : undefined}
            onChange={(event) => setOwnerId(event.target.value)}
          >
            <option value="">{t('routing.choose')}</option>
            {employees.map(({ id, name, position }) => (
              <option key={id} value={id}>
                {position === null ? name : `${name}, ${position}`}
              </option>
            ))}
          </SelectField>
        )}
        {scope === 'position' && (
          <SelectField
            label={t('routing.position')}
            value={ownerId}
            disabled={rule !== null}
            error={insist && ownerMissing ? t('routing.choosePosition') : undefined}
            onChange={(event) => setOwnerId(event.target.value)}
          >
            <option value="">{t('routing.choose')}</option>
            {positionsOf(employees).map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </SelectField>
        )}
        <RadioField
          label={t('routing.target')}
          value={type}
          onValue={setType}
          options={(['tier', 'tenant'] as const).map((value) => ({
            value,
            label: t(`routing.targetNames.${value}`),
            hint: t(`routing.targetHints.${value}`),
          }))}
        />
        {type === 'tier' ? (
          <SelectField
            label={t('routing.tier')}
            value={tierId}
            error={insist && tierId === '' ? t('routing.chooseTier') : undefined}
            onChange={(event) => setTierId(event.target.value)}
          >
            <option value="">{t('routing.choose')}</option>
            {tiers.map(({ id, name, alwaysOn }) => (
              <option key={id} value={id}>
                {alwaysOn ? t('routing.alwaysOnTier', { name }) : name}
              </option>
            ))}
          </SelectField>
        ) : (
          <div className="grid grid-cols-1 gap-1.5">
            <TenantField label={t('routing.tenant')} hint={t('routing.tenantHint')} naming={naming} />
            {insist && naming.text.trim() === '' && (
              <p role="alert" className="text-bad-ink text-sm">
                {t('routing.chooseTenant')}
              </p>
            )}
          </div>
        )}
        {!ownerMissing && employees.length > 0 && (
          <p role="status" data-testid="affects" className="rounded-lg bg-sunken px-4 py-3 text-sm">
            {t('routing.affects', { count: affectedBy(scope, known, employees, rules) })}
            {rule === null && replaced && (
              <span className="block text-ink-soft">{t('routing.replaces', { name: replaced.targetName })}</span>
            )}
          </p>
        )}
        <ProblemNotice error={save.error ?? peopleError ?? tiersError ?? naming.error} />
      </div>
    </Dialog>
  );
}
