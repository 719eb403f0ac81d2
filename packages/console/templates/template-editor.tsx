import { ClientError } from '@clawpool/client';
import { type ConfigTemplate, type ConfigTemplateContent, templateName } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Copy } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { templateQuery, templatesKey } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { InputField } from '../design/form-fields.tsx';
import { showToast } from '../design/toast.tsx';
import { TemplateConflict } from './template-conflict.tsx';
import { TemplateFields } from './template-fields.tsx';
import { contentOf, emptyForm, formOf } from './template-form.ts';

/** What is being edited: a template there is, or a new one, perhaps with another's content to begin with. */
export type EditedTemplate =
  | { kind: 'existing'; template: ConfigTemplate }
  | { kind: 'new'; content?: ConfigTemplateContent; likeName?: string };

export function TemplateEditor({
  edited,
  names,
  readOnly,
  onDuplicate,
  onClose,
}: {
  edited: EditedTemplate;
  /** Of the templates there are. */
  names: readonly string[];
  readOnly: boolean;
  /** Absent for people who may not. */
  onDuplicate: ((template: ConfigTemplate) => void) | undefined;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const existing = edited.kind === 'existing' ? edited.template : null;
  const [base, setBase] = useState(existing);
  const [name, setName] = useState(
    existing?.name ?? (edited.kind === 'new' && edited.likeName ? freeName(edited.likeName, names) : ''),
  );
  const [form, setForm] = useState(() => {
    const content = existing?.content ?? (edited.kind === 'new' ? edited.content : undefined);
    return content ? formOf(content) : emptyForm;
  });
  const [insist, setInsist] = useState(false);

  const content = contentOf(form);
  const nameProblem = existing ? undefined : nameProblemOf(name, names);

  const save = useMutation({
    mutationFn: (body: { content: ConfigTemplateContent; version: number }) =>
      api.call('putConfigTemplate', { params: { name }, body }),
    onSuccess: (saved) => {
      showToast({ tone: 'good', title: t('templates.saved', { name, version: saved.version }) });
      onClose();
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: templatesKey }),
  });
  const conflict = save.error instanceof ClientError && save.error.code === 'conflict';
  // Asked for only after a conflict: what somebody else has made of it meanwhile.
  const { data: theirs } = useQuery({ ...templateQuery(name), enabled: conflict && existing !== null });

  const submit = () => {
    setInsist(true);
    if (content === null || nameProblem) return;
    // 0: there is none of this name yet; somebody may have made one meanwhile.
    save.mutate({ content, version: base?.version ?? 0 });
  };

  return (
    <Dialog
      open
      onClose={onClose}
      size="lg"
      title={titleOf()}
      description={existing ? t('templates.version', { version: existing.version }) : t('templates.newText')}
      onSubmit={readOnly ? undefined : submit}
      footer={
        readOnly ? (
          <>
            {existing && onDuplicate && (
              <Button onClick={() => onDuplicate(existing)}>
                <Copy aria-hidden="true" />
                {t('templates.duplicate')}
              </Button>
            )}
            <Button onClick={onClose}>{t('common.close')}</Button>
          </>
        ) : (
          <>
            <Button onClick={onClose}>{t('common.cancel')}</Button>
            <Button type="submit" kind="primary" disabled={save.isPending}>
              {save.isPending ? t('form.saving') : t('common.save')}
            </Button>
          </>
        )
      }
    >
      <div className="grid gap-6">
        {conflict && theirs && base && theirs.template.version > base.version ? (
          <TemplateConflict
            base={base.content}
            theirs={theirs.template}
            onTakeTheirs={() => {
              setForm(formOf(theirs.template.content));
              setBase(theirs.template);
              save.reset();
            }}
            onKeepMine={() => {
              setBase(theirs.template);
              save.reset();
            }}
          />
        ) : (
          <ProblemNotice error={save.error} />
        )}
        {!existing && (
          <InputField
            label={t('templates.name')}
            hint={t('templates.nameHint')}
            error={(insist || name !== '') && nameProblem ? t(`templates.${nameProblem}`) : undefined}
            value={name}
            maxLength={64}
            spellCheck={false}
            autoCapitalize="none"
            onChange={(event) => setName(event.target.value)}
          />
        )}
        <TemplateFields form={form} onForm={setForm} insist={insist} readOnly={readOnly} />
        {insist && (content === null || nameProblem) && (
          <p role="alert" className="text-bad-ink text-sm">
            {t('form.incomplete')}
          </p>
        )}
      </div>
    </Dialog>
  );

  function titleOf(): string {
    if (!existing) return t('templates.new');
    return t(readOnly ? 'templates.viewTitle' : 'templates.editTitle', { name: existing.name });
  }
}

function nameProblemOf(name: string, names: readonly string[]): 'nameWrong' | 'nameTaken' | undefined {
  if (!templateName.safeParse(name).success) return 'nameWrong';
  return names.includes(name) ? 'nameTaken' : undefined;
}

/** `finance-2`, or the next number that nobody has. */
function freeName(name: string, names: readonly string[]): string {
  for (let number = 2; ; number += 1) {
    const candidate = `${name.slice(0, 60)}-${number}`;
    if (!names.includes(candidate)) return candidate;
  }
}
