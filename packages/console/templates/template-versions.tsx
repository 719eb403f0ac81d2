import type { ConfigTemplate } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { RotateCcw } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { templateQuery, templatesKey } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { SelectField } from '../design/form-fields.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { TemplateChanges } from './template-changes.tsx';

/** All versions of a template: any two side by side, and any earlier one to be used again. */
export function TemplateVersions({
  name,
  mayChange,
  onClose,
}: {
  name: string;
  mayChange: boolean;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const { data, error } = useQuery(templateQuery(name));
  return (
    <Dialog open onClose={onClose} size="lg" title={t('templates.versionsTitle', { name })}>
      {data ? (
        <Comparison template={data.template} versions={data.versions} mayChange={mayChange} onSaved={onClose} />
      ) : error ? (
        <ProblemNotice error={error} />
      ) : (
        <Skeleton className="h-40 rounded-lg" />
      )}
    </Dialog>
  );
}

function Comparison({
  template,
  versions,
  mayChange,
  onSaved,
}: {
  template: ConfigTemplate;
  versions: readonly ConfigTemplate[];
  mayChange: boolean;
  onSaved: () => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const queryClient = useQueryClient();
  // Nothing chosen: the newest beside the one before it, also when a newer one appears.
  const [chosen, setChosen] = useState<{ before?: number; after?: number }>({});
  const newest = template.version;
  const before = find(chosen.before) ?? versions[1];
  const after = find(chosen.after) ?? versions[0];
  const useAgain = useMutation({
    mutationFn: (old: ConfigTemplate) =>
      api.call('putConfigTemplate', {
        params: { name: template.name },
        body: { content: old.content, version: newest },
      }),
    onSuccess: (saved) => {
      showToast({ tone: 'good', title: t('templates.saved', { name: saved.name, version: saved.version }) });
      onSaved();
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: templatesKey }),
  });

  if (after === undefined || before === undefined) {
    return <p className="text-ink-soft">{t('templates.onlyVersion')}</p>;
  }
  const options = versions.map(({ version, updatedAt, updatedBy }) => (
    <option key={version} value={version}>
      {t('templates.versionBy', { version, when: format.ago(Date.parse(updatedAt), now), name: updatedBy })}
    </option>
  ));
  return (
    <div className="grid gap-4">
      <div className="grid gap-3 sm:grid-cols-2">
        <SelectField
          label={t('templates.before')}
          value={before.version}
          onChange={(event) => setChosen({ ...chosen, before: Number(event.target.value) })}
        >
          {options}
        </SelectField>
        <SelectField
          label={t('templates.after')}
          value={after.version}
          onChange={(event) => setChosen({ ...chosen, after: Number(event.target.value) })}
        >
          {options}
        </SelectField>
      </div>
      <TemplateChanges before={before.content} after={after.content} />
      <ProblemNotice error={useAgain.error} />
      {mayChange && !template.readOnly && (
        <div className="flex flex-wrap gap-2">
          {[before, after]
            .filter((one, index, both) => one.version !== newest && both.indexOf(one) === index)
            .map((old) => (
              <Button key={old.version} size="sm" disabled={useAgain.isPending} onClick={() => useAgain.mutate(old)}>
                <RotateCcw aria-hidden="true" />
                {t('templates.useAgain', { version: old.version })}
              </Button>
            ))}
        </div>
      )}
    </div>
  );

  function find(version: number | undefined): ConfigTemplate | undefined {
    return versions.find((one) => one.version === version);
  }
}
