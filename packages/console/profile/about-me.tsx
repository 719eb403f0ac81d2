import { ClientError } from '@clawpool/client';
import { type MyProfile, maxAboutLength } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { TextAreaField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { showToast } from '../design/toast.tsx';
import { profileQuery, userFileQuery } from './queries.ts';
import { Section } from './section.tsx';

type Saved = Pick<MyProfile, 'about' | 'aboutVersion'>;

/** What a person tells their agent about themselves, and what of it the agent reads. */
export function AboutMe({ profile, onDirty }: { profile: MyProfile; onDirty: (dirty: boolean) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [base, setBase] = useState<Saved>(profile);
  const [text, setText] = useState(profile.about);
  const dirty = text.trim() !== base.about;
  // What was saved elsewhere is simply shown, unless somebody writes here.
  if (!dirty && profile.aboutVersion > base.aboutVersion) {
    setBase(profile);
    setText(profile.about);
  }
  useEffect(() => onDirty(dirty), [dirty, onDirty]);
  const save = useMutation({
    mutationFn: (expectedVersion: number) => api.call('saveAbout', { body: { about: text, expectedVersion } }),
    onSuccess: (saved) => {
      setBase(saved);
      setText(saved.about);
      queries.setQueryData(profileQuery.queryKey, (before) => before && { ...before, ...saved });
      showToast({ tone: 'good', title: t('profile.aboutSaved'), detail: t('profile.nextTurn') });
    },
  });
  const newest = newestOf(save.error);
  const { data: userFile } = useQuery(userFileQuery(base.aboutVersion));
  const tooLong = text.length > maxAboutLength;
  return (
    <Section
      title={t('profile.about')}
      lead={t('profile.aboutLead')}
      actions={
        text.trim() === '' && (
          <Button size="sm" onClick={() => setText(t('profile.template'))}>
            {t('profile.useTemplate')}
          </Button>
        )
      }
    >
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (dirty && !tooLong && !save.isPending) save.mutate(base.aboutVersion);
        }}
      >
        <TextAreaField
          label={t('profile.aboutField')}
          hint={t('profile.characters', { used: text.length, limit: maxAboutLength })}
          error={tooLong ? t('profile.tooLong', { used: text.length, limit: maxAboutLength }) : undefined}
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="[&_textarea]:min-h-52 [&_textarea]:font-mono [&_textarea]:text-sm"
        />
        {newest ? (
          <Notice
            tone="warn"
            role="alert"
            title={t('profile.changedElsewhere')}
            actions={
              <>
                <Button
                  size="sm"
                  onClick={() => {
                    setBase(newest);
                    setText(newest.about);
                    save.reset();
                  }}
                >
                  {t('profile.takeNewest')}
                </Button>
                <Button size="sm" onClick={() => save.mutate(newest.aboutVersion)}>
                  {t('profile.keepMine')}
                </Button>
              </>
            }
          >
            <p className="whitespace-pre-wrap">{newest.about}</p>
          </Notice>
        ) : (
          <ProblemNotice error={save.error} />
        )}
        <div className="flex flex-wrap justify-end gap-2">
          {dirty && <Button onClick={() => setText(base.about)}>{t('profile.discard')}</Button>}
          <Button type="submit" kind="primary" disabled={!dirty || tooLong || save.isPending}>
            {t('profile.saveAbout')}
          </Button>
        </div>
      </form>
      {userFile && (
        <details className="group mt-2 border-t pt-3" data-testid="user-file">
          <summary className="cursor-pointer rounded-sm text-sm">{t('profile.userFile')}</summary>
          <pre className="mt-3 whitespace-pre-wrap rounded-lg border bg-sunken p-4 font-mono text-sm [overflow-wrap:anywhere]">
            {userFile}
          </pre>
        </details>
      )}
    </Section>
  );
}

/** What was saved elsewhere, when that is why this was refused. */
function newestOf(error: unknown): Saved | null {
  if (!(error instanceof ClientError) || error.code !== 'conflict') return null;
  const { about, aboutVersion } = (error.details ?? {}) as Partial<Record<keyof Saved, unknown>>;
  return typeof about === 'string' && typeof aboutVersion === 'number' ? { about, aboutVersion } : null;
}
