import type { DirectorySourceInput, DirectorySourceView, DirectoryVendor } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Fold, InputField, SelectField } from '../design/form-fields.tsx';
import { NumberField } from '../design/number-field.tsx';
import { type NumberLimits, numberOf } from '../design/number-limits.ts';
import { sourcesQuery } from './queries.ts';

const addresses: Record<DirectoryVendor, string> = {
  feishu: 'https://open.feishu.cn',
  dingtalk: 'https://oapi.dingtalk.com',
};

/** Hours between two runs that can be chosen; another that was set by the API stays. */
const rhythms = [0, 1, 6, 12, 24, 168];
const percents: NumberLimits = { min: 0, max: 100, whole: true };

/** Connects a platform, or changes how it is read. */
export function SourceDialog({
  vendor,
  source,
  onClose,
}: {
  vendor: DirectoryVendor;
  source: DirectorySourceView | null;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [baseUrl, setBaseUrl] = useState(source?.baseUrl ?? addresses[vendor]);
  const [appId, setAppId] = useState(source?.appId ?? '');
  const [secret, setSecret] = useState('');
  const [everyHours, setEveryHours] = useState(source?.everyHours ?? 24);
  const [percent, setPercent] = useState(String(source?.suspendPercent ?? 20));
  const [insist, setInsist] = useState(false);
  const save = useMutation({
    mutationFn: (body: DirectorySourceInput) => api.call('saveDirectorySource', { params: { vendor }, body }),
    onSettled: () => queries.invalidateQueries(sourcesQuery),
    onSuccess: onClose,
  });
  const name = t(`directory.vendor.${vendor}`);
  const needsSecret = source === null || source.baseUrl !== baseUrl.trim() || source.appId !== appId.trim();
  const missing = (value: string) => (insist && value.trim() === '' ? t('directory.sources.missing') : undefined);
  const wrongAddress = !URL.canParse(baseUrl.trim());
  const submit = () => {
    setInsist(true);
    const suspendPercent = numberOf(percent, percents);
    if (wrongAddress || appId.trim() === '' || suspendPercent === null) return;
    if (needsSecret && secret.trim() === '') return;
    const said = { baseUrl: baseUrl.trim(), appId: appId.trim(), everyHours, suspendPercent };
    save.mutate(secret.trim() === '' ? said : { ...said, appSecret: secret.trim() });
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={source ? t('directory.sources.change') : t('directory.sources.connectVendor', { name })}
      description={t(`directory.sources.where.${vendor}`)}
      onSubmit={submit}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={save.isPending}>
            {save.isPending ? t('form.saving') : t(source ? 'common.save' : 'directory.sources.connect')}
          </Button>
        </>
      }
    >
      <div className="grid grid-cols-1 gap-5">
        <InputField
          label={t(`directory.sources.appId.${vendor}`)}
          error={missing(appId)}
          mono
          maxLength={200}
          autoCapitalize="none"
          spellCheck={false}
          value={appId}
          onChange={(event) => setAppId(event.target.value)}
        />
        <InputField
          label={t(`directory.sources.appSecret.${vendor}`)}
          type="password"
          autoComplete="new-password"
          hint={needsSecret ? t('directory.sources.secretHint') : t('directory.sources.secretKept')}
          error={needsSecret ? missing(secret) : undefined}
          mono
          maxLength={400}
          value={secret}
          onChange={(event) => setSecret(event.target.value)}
        />
        <SelectField
          label={t('directory.sources.rhythm')}
          value={everyHours}
          onChange={(event) => setEveryHours(Number(event.target.value))}
        >
          {[...new Set([...rhythms, everyHours])]
            .sort((a, b) => a - b)
            .map((hours) => (
              <option key={hours} value={hours}>
                {hours === 0 ? t('directory.sources.byHand') : t('directory.sources.every', { count: hours })}
              </option>
            ))}
        </SelectField>
        <NumberField
          label={t('directory.sources.percent')}
          hint={t('directory.sources.percentHint')}
          unit="%"
          limits={percents}
          insist={insist}
          value={percent}
          onValue={setPercent}
        />
        <Fold title={t('directory.sources.advanced')} open={source !== null && source.baseUrl !== addresses[vendor]}>
          <InputField
            label={t('directory.sources.address')}
            hint={t(`directory.sources.addressHint.${vendor}`)}
            error={insist && wrongAddress ? t('directory.sources.addressWrong') : undefined}
            mono
            inputMode="url"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={200}
            value={baseUrl}
            onChange={(event) => setBaseUrl(event.target.value)}
          />
        </Fold>
        <ProblemNotice error={save.error} title={t('directory.notDone')} />
      </div>
    </Dialog>
  );
}
