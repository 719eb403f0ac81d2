import { ClientError } from '@clawpool/client';
import { type CommandPattern, type ToolName, type ToolPolicy, toolPolicy } from '@clawpool/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { InputField } from '../design/form-fields.tsx';
import { Notice } from '../design/notice.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { showToast } from '../design/toast.tsx';
import { useFormat } from '../format/use-format.ts';
import { PolicyConflict } from './policy-conflict.tsx';
import { toolPolicyQuery } from './queries.ts';
import { ToolChoice } from './tool-choice.tsx';
import { ToolList } from './tool-marks.tsx';

/** What no agent of the organization does, whatever its position or a grant says. */
export function Blocked({ mayChange, mayTry }: { mayChange: boolean; mayTry: boolean }) {
  const { t } = useTranslation();
  const { data: policy, error } = useQuery(toolPolicyQuery);
  const [patterns, setPatterns] = useState<readonly CommandPattern[] | null>(null);
  if (!policy) return error ? <ProblemNotice error={error} /> : <Skeleton className="h-64 rounded-lg" />;
  return (
    <div className="grid grid-cols-1 gap-6">
      <p className="max-w-2xl text-ink-soft text-sm">{t('security.blockedText')}</p>
      {mayChange ? <PolicyForm start={policy} onPatterns={setPatterns} /> : <PolicyText policy={policy} />}
      {mayTry && (
        <TryCommand patterns={mayChange && patterns && differ(patterns, policy.commandPatterns) ? patterns : null} />
      )}
    </div>
  );
}

function PolicyText({ policy }: { policy: ToolPolicy }) {
  const { t } = useTranslation();
  return (
    <>
      <Notice tone="info" title={t('security.needsPolicy')} />
      <section>
        <h2 className="mb-2 font-semibold">{t('security.blockedTools')}</h2>
        <ToolList tools={policy.blockedTools} />
      </section>
      <section>
        <h2 className="mb-2 font-semibold">{t('security.commands')}</h2>
        <ul className="overflow-hidden rounded-lg border bg-surface">
          {policy.commandPatterns.map(({ pattern, why }) => (
            <li key={pattern} className="border-b px-4 py-2.5 text-sm last:border-0">
              <code className="break-all text-xs">{pattern}</code>
              <p className="text-ink-soft text-xs">{why}</p>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

const rowsOf = (policy: ToolPolicy) => policy.commandPatterns.map((one, key) => ({ ...one, key }));

/** What is typed stays until it is saved, whatever others save meanwhile: theirs is shown then, and which of the two holds is chosen. */
function PolicyForm({
  start,
  onPatterns,
}: {
  start: ToolPolicy;
  onPatterns: (patterns: readonly CommandPattern[]) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  const [policy, setPolicy] = useState(start);
  const [tools, setTools] = useState<readonly ToolName[]>(start.blockedTools);
  const [patterns, setPatterns] = useState(() => rowsOf(start));
  const [insist, setInsist] = useState(false);
  const change = (next: typeof patterns) => {
    setPatterns(next);
    onPatterns(filled(next));
    // What the server found fault with is being mended.
    if (save.isError && !theirs) save.reset();
  };
  const show = (shown: ToolPolicy) => {
    setPolicy(shown);
    setTools(shown.blockedTools);
    setPatterns(rowsOf(shown));
    onPatterns(shown.commandPatterns);
    setInsist(false);
  };
  const save = useMutation({
    mutationFn: () =>
      api.call('saveToolPolicy', {
        body: {
          blockedTools: [...tools],
          commandPatterns: patterns.map(({ pattern, why }) => ({ pattern, why: why.trim() })),
          expectedVersion: policy.version,
        },
      }),
    onSuccess: (saved) => {
      show(saved);
      showToast({ tone: 'good', title: t('security.policySaved') });
    },
    onSettled: () => queries.invalidateQueries(toolPolicyQuery),
  });
  const theirs = theirsIn(save.error);
  const refused = refusedPattern(save.error);
  const complete = patterns.every(({ pattern, why }) => pattern !== '' && why.trim() !== '');
  return (
    <form
      className="grid grid-cols-1 gap-6"
      onSubmit={(event) => {
        event.preventDefault();
        setInsist(true);
        if (complete && !save.isPending && !theirs) save.mutate();
      }}
    >
      <ToolChoice label={t('security.blockedTools')} value={tools} onValue={setTools} />
      <section aria-label={t('security.commands')} className="grid grid-cols-1 gap-3">
        <div>
          <h2 className="font-semibold">{t('security.commands')}</h2>
          <p className="text-ink-soft text-sm">{t('security.commandsText')}</p>
        </div>
        <ul className="grid grid-cols-1 gap-3">
          {patterns.map(({ pattern, why, key }, index) => {
            const set = (part: Partial<CommandPattern>) =>
              change(patterns.map((one) => (one.key === key ? { ...one, ...part } : one)));
            return (
              <li
                key={key}
                className="grid items-start gap-2 rounded-lg border bg-surface p-3 sm:grid-cols-[2fr_1fr_auto]"
              >
                <InputField
                  label={t('security.pattern')}
                  mono
                  maxLength={300}
                  spellCheck={false}
                  value={pattern}
                  error={
                    insist && pattern === ''
                      ? t('security.patternMissing')
                      : refused?.pattern === pattern
                        ? refused.problem
                        : undefined
                  }
                  onChange={(event) => set({ pattern: event.target.value })}
                />
                <InputField
                  label={t('security.why')}
                  maxLength={200}
                  value={why}
                  error={insist && why.trim() === '' ? t('security.whyMissing') : undefined}
                  onChange={(event) => set({ why: event.target.value })}
                />
                <Button
                  kind="ghost"
                  size="icon"
                  className="sm:mt-6.5"
                  aria-label={t('security.removePattern', { number: index + 1 })}
                  onClick={() => change(patterns.filter((one) => one.key !== key))}
                >
                  <Trash2 aria-hidden="true" />
                </Button>
              </li>
            );
          })}
        </ul>
        <Button
          className="w-fit"
          onClick={() =>
            change([...patterns, { pattern: '', why: '', key: Math.max(-1, ...patterns.map(({ key }) => key)) + 1 }])
          }
        >
          <Plus aria-hidden="true" />
          {t('security.addPattern')}
        </Button>
      </section>
      {theirs ? (
        <PolicyConflict
          theirs={theirs}
          onTakeTheirs={() => {
            show(theirs);
            save.reset();
          }}
          onKeepMine={() => {
            setPolicy(theirs);
            save.reset();
          }}
        />
      ) : (
        <ProblemNotice error={save.error} />
      )}
      <div className="flex flex-wrap items-center gap-3">
        <Button type="submit" kind="primary" disabled={save.isPending || theirs !== null}>
          {save.isPending ? t('form.saving') : t('security.savePolicy')}
        </Button>
        <p className="text-ink-faint text-xs">
          {policy.updatedAt
            ? t('security.changedBy', { name: policy.updatedBy, time: format.full(Date.parse(policy.updatedAt)) })
            : t('security.neverChanged')}
        </p>
      </div>
    </form>
  );
}

/** What somebody else has saved meanwhile, when that is why this was refused. */
function theirsIn(error: unknown): ToolPolicy | null {
  if (!(error instanceof ClientError) || error.code !== 'conflict') return null;
  return toolPolicy.safeParse(error.details).data ?? null;
}

/** The pattern that the server cannot use, and why. */
function refusedPattern(error: unknown): { pattern: string; problem: string } | null {
  if (!(error instanceof ClientError)) return null;
  const { pattern, problem } = (error.details ?? {}) as Record<string, unknown>;
  return typeof pattern === 'string' && typeof problem === 'string' ? { pattern, problem } : null;
}

/** What can be tried: rows somebody has begun and not filled in say nothing yet. */
const filled = (patterns: readonly CommandPattern[]): CommandPattern[] =>
  patterns
    .filter(({ pattern, why }) => pattern !== '' && why.trim() !== '')
    .map(({ pattern, why }) => ({ pattern, why }));

/** What is saved need not be sent: the server knows it. */
const differ = (patterns: readonly CommandPattern[], saved: readonly CommandPattern[]): boolean =>
  patterns.length !== saved.length ||
  patterns.some(({ pattern, why }, index) => pattern !== saved[index]?.pattern || why !== saved[index].why);

/** Whether a command would be refused, by the patterns as they are on the page; null: as they are saved. */
function TryCommand({ patterns }: { patterns: readonly CommandPattern[] | null }) {
  const { t } = useTranslation();
  const [command, setCommand] = useState('');
  const attempt = useMutation({
    mutationFn: () =>
      api.call('tryCommand', { body: { command, ...(patterns ? { commandPatterns: [...patterns] } : {}) } }),
  });
  return (
    <section aria-label={t('security.try')} className="grid grid-cols-1 gap-3 rounded-lg border bg-surface p-4">
      <h2 className="font-semibold">{t('security.try')}</h2>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (command.trim() !== '') attempt.mutate();
        }}
      >
        <InputField
          label={t('security.command')}
          className="min-w-60 flex-1"
          mono
          maxLength={4000}
          spellCheck={false}
          placeholder="curl https://example.com/x.sh | sh"
          value={command}
          onChange={(event) => setCommand(event.target.value)}
        />
        <Button type="submit" disabled={attempt.isPending}>
          {t('security.tryIt')}
        </Button>
      </form>
      <div aria-live="polite">
        {attempt.error && <ProblemNotice error={attempt.error} />}
        {attempt.data && (
          <p className={attempt.data.refused ? 'text-bad-ink text-sm' : 'text-good-ink text-sm'}>
            {attempt.data.refused ? t('security.wouldRefuse', { why: attempt.data.why ?? '' }) : t('security.wouldRun')}
          </p>
        )}
      </div>
    </section>
  );
}
