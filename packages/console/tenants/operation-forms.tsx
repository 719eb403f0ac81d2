import { type Tenant, tenantName } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { poolQuery, templatesQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { CheckField, InputField, SelectField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { NumberField } from '../design/number-field.tsx';
import { numberOf } from '../design/number-limits.ts';
import { ImageSelect } from '../pool/image-select.tsx';
import { BackupFirst } from './backup-first.tsx';
import { CheckpointPicker } from './checkpoint-picker.tsx';
import { resourceFields, resourceLimits } from './resources.ts';
import { useOperate } from './use-operate.ts';

interface Props {
  tenant: Tenant;
  onClose: () => void;
}

/** The frame that the forms of this file have in common. */
function FormDialog({
  title,
  description,
  submit,
  disabled = false,
  operate,
  onSubmit,
  onClose,
  children,
}: {
  title: string;
  description?: string;
  submit: string;
  disabled?: boolean;
  operate: ReturnType<typeof useOperate>;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      description={description}
      onSubmit={() => !disabled && onSubmit()}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={disabled || operate.isPending}>
            {submit}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {children}
        <ProblemNotice error={operate.error} />
      </div>
    </Dialog>
  );
}

export function RestoreDialog({ tenant, onClose }: Props) {
  const { t } = useTranslation();
  const operate = useOperate();
  const [checkpointId, setCheckpointId] = useState('');
  const [backup, setBackup] = useState(true);
  return (
    <FormDialog
      title={t('operations.ask.restore', { name: tenant.name })}
      description={t('operations.means.restore')}
      submit={t('operations.action.restore')}
      disabled={checkpointId === ''}
      operate={operate}
      onClose={onClose}
      onSubmit={() =>
        operate.mutate(
          { tenant, request: { kind: 'restore', from: { checkpointId }, ...(backup ? {} : { skipBackup: true }) } },
          { onSuccess: onClose },
        )
      }
    >
      <CheckpointPicker tenantId={tenant.id} value={checkpointId} onValue={setCheckpointId} />
      <BackupFirst value={backup} onValue={setBackup} />
      {tenant.state === 'running' && <p className="text-ink-soft text-sm">{t('operations.means.turnEnds')}</p>}
    </FormDialog>
  );
}

export function CloneDialog({ tenant, onClose }: Props) {
  const { t } = useTranslation();
  const operate = useOperate();
  const [name, setName] = useState(`${tenant.name.slice(0, 27)}-copy`);
  const [start, setStart] = useState(true);
  const valid = tenantName.safeParse(name.trim()).success;
  return (
    <FormDialog
      title={t('operations.ask.clone', { name: tenant.name })}
      description={t('operations.means.clone')}
      submit={t('operations.action.clone')}
      disabled={!valid}
      operate={operate}
      onClose={onClose}
      onSubmit={() =>
        operate.mutate({ tenant, request: { kind: 'clone', name: name.trim(), start } }, { onSuccess: onClose })
      }
    >
      <InputField
        label={t('newTenant.name')}
        hint={t('newTenant.nameHint')}
        error={name.trim() === '' || valid ? undefined : t('newTenant.nameWrong')}
        autoCapitalize="none"
        spellCheck={false}
        maxLength={32}
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <CheckField label={t('newTenant.start')} checked={start} onChange={(event) => setStart(event.target.checked)} />
    </FormDialog>
  );
}

export function ResizeDialog({ tenant, onClose }: Props) {
  const { t } = useTranslation();
  const operate = useOperate();
  const now = {
    cpus: String(tenant.cpus),
    memoryMegabytes: String(Math.round(tenant.memoryLimitBytes / 2 ** 20)),
    diskMegabytes: String(Math.round(tenant.diskLimitBytes / 2 ** 20)),
  };
  const [size, setSize] = useState(now);
  const wanted = resourceFields.map(({ name }) => [name, numberOf(size[name], resourceLimits[name])] as const);
  const changed = wanted.filter(([name, value]) => value !== Number(now[name]));
  return (
    <FormDialog
      title={t('operations.ask.resize', { name: tenant.name })}
      description={t('operations.means.resize')}
      submit={t('operations.action.resize')}
      disabled={changed.length === 0 || wanted.some(([, value]) => value === null)}
      operate={operate}
      onClose={onClose}
      onSubmit={() =>
        operate.mutate({ tenant, request: { kind: 'resize', ...Object.fromEntries(changed) } }, { onSuccess: onClose })
      }
    >
      <div className="grid gap-4 sm:grid-cols-3">
        {resourceFields.map(({ name, unit }) => (
          <NumberField
            key={name}
            label={t(`newTenant.${name}`)}
            unit={unit}
            limits={resourceLimits[name]}
            value={size[name]}
            onValue={(value) => setSize({ ...size, [name]: value })}
          />
        ))}
      </div>
    </FormDialog>
  );
}

export function RebuildDialog({ tenant, onClose }: Props) {
  const { t } = useTranslation();
  const operate = useOperate();
  const { data: templates } = useQuery(templatesQuery);
  const [image, setImage] = useState(tenant.image);
  const [template, setTemplate] = useState(tenant.configTemplate ?? '');
  const [backup, setBackup] = useState(true);
  return (
    <FormDialog
      title={t('operations.ask.rebuild', { name: tenant.name })}
      description={t('operations.means.rebuild')}
      submit={t('operations.action.rebuild')}
      operate={operate}
      onClose={onClose}
      onSubmit={() =>
        operate.mutate(
          {
            tenant,
            request: {
              kind: 'rebuild',
              ...(image ? { image } : {}),
              ...(template === (tenant.configTemplate ?? '') ? {} : { configTemplate: template || null }),
              ...(backup ? {} : { skipBackup: true }),
            },
          },
          { onSuccess: onClose },
        )
      }
    >
      <ImageSelect label={t('newTenant.image')} empty={t('newTenant.imageOfTier')} value={image} onValue={setImage} />
      <SelectField
        label={t('newTenant.template')}
        value={template}
        onChange={(event) => setTemplate(event.target.value)}
      >
        <option value="">{t('newTenant.noTemplate')}</option>
        {templates?.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </SelectField>
      <BackupFirst value={backup} onValue={setBackup} />
      {tenant.state === 'running' && <p className="text-ink-soft text-sm">{t('operations.means.turnEnds')}</p>}
    </FormDialog>
  );
}

export function MigrateDialog({ tenant, onClose }: Props) {
  const { t } = useTranslation();
  const operate = useOperate();
  const { data: pool, error } = useQuery(poolQuery);
  const others = pool?.hosts.filter(({ id }) => id !== tenant.host);
  const [chosen, setChosen] = useState('');
  const host = chosen || (others?.find(({ state }) => state === 'active')?.id ?? '');
  return (
    <FormDialog
      title={t('operations.ask.migrate', { name: tenant.name })}
      description={t('operations.means.migrate')}
      submit={t('operations.action.migrate')}
      disabled={host === ''}
      operate={operate}
      onClose={onClose}
      onSubmit={() => operate.mutate({ tenant, request: { kind: 'migrate', host } }, { onSuccess: onClose })}
    >
      <ProblemNotice error={error} />
      {others?.length === 0 && (
        <Notice tone="info" title={t('operations.noOtherHost')}>
          {t('operations.noOtherHostHint')}
        </Notice>
      )}
      {others && others.length > 0 && (
        <SelectField label={t('operations.toHost')} value={host} onChange={(event) => setChosen(event.target.value)}>
          {others.map(({ id, state }) => (
            <option key={id} value={id} disabled={state !== 'active'}>
              {state === 'active' ? id : t('operations.hostAway', { host: id })}
            </option>
          ))}
        </SelectField>
      )}
    </FormDialog>
  );
}
