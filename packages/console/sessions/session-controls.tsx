import type { Conversation } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, OctagonX } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { useFileTray } from '../chat/use-file-tray.ts';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { secondsUntil } from '../format/time.ts';
import { useFormat } from '../format/use-format.ts';
import { HumanComposer } from './human-composer.tsx';
import { sessionKey, sessionListKey } from './queries.ts';
import type { Stand } from './stand.ts';

type Action = 'takeOverSession' | 'giveSessionBack' | 'endSession';

/** Below the transcript: who answers, for how long, and what the person who looks at it can do about it. */
export function SessionControls({
  conversationId,
  stand,
  caller,
  takesFiles,
  now,
  onSent,
}: {
  conversationId: string;
  stand: Stand;
  caller: string;
  /** Whoever talks can be sent files. */
  takesFiles: boolean;
  now: number;
  onSent: () => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const queries = useQueryClient();
  // Outlives the takeover: when its time is up, what was being written is still there after the next one.
  const [text, setText] = useState('');
  const files = useFileTray(conversationId, {
    start: () => Promise.resolve(conversationId),
    onStarted: () => {},
    route: 'uploadSessionAttachment',
  });
  const [asking, setAsking] = useState<'end' | 'override' | null>(null);
  const act = useMutation({
    mutationFn: (action: Action): Promise<Conversation> => api.call(action, { params: { conversationId } }),
    // What became of it comes with the stream too; the list and the figures do not.
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: sessionKey(conversationId) }),
        queries.invalidateQueries({ queryKey: sessionListKey }),
      ]),
    onSuccess: () => setAsking(null),
  });
  const left = (until: number) => format.duration(secondsUntil(until, now));
  const ask = (what: 'end' | 'override') => {
    act.reset();
    setAsking(what);
  };

  return (
    <div className="shrink-0 border-t bg-canvas px-4 pt-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] sm:px-6">
      <div className="mx-auto grid grid-cols-1 w-full max-w-3xl gap-3">
        {act.error && asking === null && <ProblemNotice error={act.error} title={t('sessions.notDone')} />}
        {stand.type === 'ended' && <Said>{t('sessions.hasEnded')}</Said>}
        {stand.type === 'reading' && <Said>{t('sessions.readOnly')}</Said>}
        {stand.type === 'own' && (
          <Line text={t('sessions.own')}>
            <EndButton onEnd={() => ask('end')} />
          </Line>
        )}
        {stand.type === 'free' && (
          <Line text={t('sessions.agentAnswers')}>
            <Button kind="primary" disabled={act.isPending} onClick={() => act.mutate('takeOverSession')}>
              {t('sessions.takeOver')}
            </Button>
            <EndButton onEnd={() => ask('end')} />
          </Line>
        )}
        {stand.type === 'taken' && (
          <Line text={t('sessions.othersAnswer', { name: stand.by, time: left(stand.until) })}>
            {stand.override && (
              <>
                <Button disabled={act.isPending} onClick={() => ask('override')}>
                  {t('sessions.override')}
                </Button>
                <EndButton onEnd={() => ask('end')} />
              </>
            )}
          </Line>
        )}
        {stand.type === 'mine' && (
          <>
            <Line
              text={t('sessions.silentFor', { time: left(stand.until) })}
              urgent={secondsUntil(stand.until, now) < 120}
            >
              <Button size="sm" disabled={act.isPending} onClick={() => act.mutate('takeOverSession')}>
                {t('sessions.extend')}
              </Button>
              <Button size="sm" disabled={act.isPending} onClick={() => act.mutate('giveSessionBack')}>
                {t('sessions.giveBack')}
              </Button>
              <EndButton onEnd={() => ask('end')} />
            </Line>
            <HumanComposer
              conversationId={conversationId}
              caller={caller}
              text={text}
              files={takesFiles ? files : null}
              onText={setText}
              onSent={onSent}
            />
          </>
        )}
      </div>
      <ConfirmDialog
        open={asking === 'end'}
        onClose={() => setAsking(null)}
        title={t('sessions.endTitle')}
        confirm={t('sessions.end')}
        danger
        pending={act.isPending}
        onConfirm={() => act.mutate('endSession')}
      >
        <p>{t('sessions.endText', { name: caller })}</p>
        <ProblemNotice error={act.error} />
      </ConfirmDialog>
      <ConfirmDialog
        open={asking === 'override'}
        onClose={() => setAsking(null)}
        title={t('sessions.overrideTitle', { name: stand.type === 'taken' ? stand.by : '' })}
        confirm={t('sessions.takeOver')}
        pending={act.isPending}
        onConfirm={() => act.mutate('takeOverSession')}
      >
        <p>{t('sessions.overrideText')}</p>
        <ProblemNotice error={act.error} />
      </ConfirmDialog>
    </div>
  );
}

function Said({ children }: { children: ReactNode }) {
  return <p className="py-2 text-center text-ink-soft text-sm">{children}</p>;
}

function Line({ text, urgent = false, children }: { text: string; urgent?: boolean; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <p
        data-testid="stand"
        className={classNames(
          'tabular flex-1 basis-full text-sm sm:basis-48',
          urgent ? 'font-medium text-warn-ink' : 'text-ink-soft',
        )}
      >
        {text}
      </p>
      {children}
    </div>
  );
}

function EndButton({ onEnd }: { onEnd: () => void }) {
  const { t } = useTranslation();
  return (
    <Menu
      align="end"
      side="top"
      trigger={
        <Button kind="ghost" size="icon" aria-label={t('sessions.more')}>
          <Ellipsis aria-hidden="true" />
        </Button>
      }
    >
      <MenuItem icon={<OctagonX />} danger onSelect={onEnd}>
        {t('sessions.end')}
      </MenuItem>
    </Menu>
  );
}
