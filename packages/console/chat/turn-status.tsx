import { CircleAlert, Clock, Square, TriangleAlert, UserRound } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { classNames } from '../design/class-names.ts';
import { Waiting } from '../design/ripples.tsx';
import { secondsUntil } from '../format/time.ts';
import { useFormat, useNow } from '../format/use-format.ts';
import type { KnownTurn } from './conversation-state.ts';
import type { OpenTurn } from './thread.tsx';

/** Seconds after which waiting is no longer usual, and the line says so. */
const longWaking = 20;
const longThinking = 30;

/** How a turn without its answer is doing: the truth, with what the person can do about it. */
export function TurnStatus({
  open: { turn, first, writing },
  human,
  onTryNow,
  onWithdraw,
}: {
  open: OpenTurn;
  /** Who has the session instead of the agent, while somebody has. */
  human: string | null;
  onTryNow: () => void;
  onWithdraw: () => void;
}) {
  const { t } = useTranslation();
  switch (turn.state) {
    case 'queued':
      return (
        <StatusLine state={turn.state} sign={<Waiting />}>
          {first || turn.position === 0 ? t('turn.queuedFirst') : t('turn.queued', { count: turn.position })}
        </StatusLine>
      );
    case 'waking':
    case 'thinking':
      return <Working turn={turn} writing={writing} />;
    case 'blocked':
      return <Blocked turn={turn} onTryNow={onTryNow} onWithdraw={onWithdraw} />;
    case 'failed':
      return turn.reason === 'interrupted_after_acting' ? (
        <Interrupted turn={turn} onRunAgain={onTryNow} />
      ) : (
        <Failed turn={turn} onTryNow={onTryNow} />
      );
    case 'stopped':
      return (
        <StatusLine state={turn.state} sign={<Square className="size-3.5 text-ink-faint" aria-hidden="true" />}>
          {t('turn.stopped')}
        </StatusLine>
      );
    case 'handed_over':
      return (
        <StatusLine state={turn.state} sign={<UserRound className="size-4.5 text-info-ink" aria-hidden="true" />}>
          {human === null ? t('turn.handedOver') : t('turn.handedOverTo', { name: human })}
        </StatusLine>
      );
    case 'answered':
      return null;
  }
}

/** The sign stands where the agent's picture will be. */
export function StatusLine({
  state,
  sign,
  children,
}: {
  state: KnownTurn['state'];
  sign: ReactNode;
  children: ReactNode;
}) {
  return (
    <p
      data-testid="turn-status"
      data-state={state}
      className="flex min-h-7 animate-appear items-center gap-3 text-ink-soft sm:gap-4"
    >
      <span className="grid w-5 shrink-0 place-items-center sm:w-7">{sign}</span>
      <span>{children}</span>
    </p>
  );
}

function Working({ turn, writing }: { turn: KnownTurn; writing: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(1000);
  const seconds = Math.max(0, Math.floor((now - turn.since) / 1000));
  const text =
    turn.state === 'waking'
      ? t(seconds >= longWaking ? 'turn.wakingLong' : 'turn.waking')
      : t(writing ? 'turn.answering' : seconds >= longThinking ? 'turn.thinkingLong' : 'turn.thinking');
  if (writing) {
    // The growing text says it to everybody who sees it.
    return (
      <p data-testid="turn-status" data-state={turn.state} className="sr-only">
        {text}
      </p>
    );
  }
  return (
    <StatusLine state={turn.state} sign={<Waiting />}>
      {text}
      {seconds > 0 && <span className="tabular ms-2 text-ink-faint text-sm">{format.duration(seconds)}</span>}
    </StatusLine>
  );
}

/** An operator has to act first: trying again before that would only fail again. */
const waitsForOperator: readonly KnownTurn['reason'][] = ['agent_stopped', 'agent_paused', 'agent_needs_attention'];

function Blocked({ turn, onTryNow, onWithdraw }: { turn: KnownTurn; onTryNow: () => void; onWithdraw: () => void }) {
  const { t } = useTranslation();
  const waits = waitsForOperator.includes(turn.reason);
  return (
    <Card
      state={turn.state}
      style="border-warn-line bg-warn-soft"
      icon={<Clock className="mt-0.5 size-5 shrink-0 text-warn-ink" aria-hidden="true" />}
      title={t('turn.blocked')}
      actions={
        <>
          {!waits && (
            <Button size="sm" onClick={onTryNow}>
              {t('turn.tryNow')}
            </Button>
          )}
          <Button size="sm" kind={waits ? 'outline' : 'ghost'} onClick={onWithdraw}>
            {t('turn.withdraw')}
          </Button>
          {!waits && turn.retryAt && <Countdown at={Date.parse(turn.retryAt)} />}
        </>
      }
    >
      <Reason turn={turn} otherwise={t('turn.blockedText')} />
    </Card>
  );
}

/** The agent had done something already: what, and whether it is done again, is for the person to see and say. */
function Interrupted({ turn, onRunAgain }: { turn: KnownTurn; onRunAgain: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [left, setLeft] = useState(false);
  if (left) {
    return (
      <StatusLine state={turn.state} sign={<TriangleAlert className="size-4 text-warn-ink" aria-hidden="true" />}>
        {t('turn.leftAsItIs')}
      </StatusLine>
    );
  }
  return (
    <Card
      state={turn.state}
      style="border-warn-line bg-warn-soft"
      icon={<TriangleAlert className="mt-0.5 size-5 shrink-0 text-warn-ink" aria-hidden="true" />}
      title={t('turn.interrupted')}
      actions={
        <>
          <Button size="sm" onClick={onRunAgain}>
            {t('turn.runAgain')}
          </Button>
          <Button size="sm" kind="ghost" onClick={() => setLeft(true)}>
            {t('turn.leaveIt')}
          </Button>
        </>
      }
    >
      <p className="mt-1 text-ink">{t('turn.interruptedText')}</p>
      {turn.acts.length > 0 && (
        <ul aria-label={t('turn.acts')} data-testid="acts" className="mt-2 grid gap-1.5">
          {turn.acts.map((act) => (
            <li
              key={`${act.at} ${act.tool} ${act.arguments}`}
              className="flex flex-wrap items-baseline gap-x-2 text-ink"
            >
              <time dateTime={act.at} className="tabular text-ink-soft text-xs">
                {format.exactTime(Date.parse(act.at))}
              </time>
              <span className="font-medium">{act.tool}</span>
              <code className="min-w-0 break-all font-mono text-ink-soft text-xs">{act.arguments}</code>
            </li>
          ))}
        </ul>
      )}
      <p className="mt-2">{t('turn.interruptedNext')}</p>
    </Card>
  );
}

function Failed({ turn, onTryNow }: { turn: KnownTurn; onTryNow: () => void }) {
  const { t } = useTranslation();
  return (
    <Card
      state={turn.state}
      style="border-bad-line bg-bad-soft"
      icon={<CircleAlert className="mt-0.5 size-5 shrink-0 text-bad-ink" aria-hidden="true" />}
      title={t('turn.failed')}
      actions={
        <Button size="sm" onClick={onTryNow}>
          {t('common.tryAgain')}
        </Button>
      }
    >
      <Reason turn={turn} otherwise={t('turn.reason.agent_error')} />
    </Card>
  );
}

/** The reason in the person's language, then what the server knows beyond it. */
function Reason({ turn, otherwise }: { turn: KnownTurn; otherwise: string }) {
  const { t } = useTranslation();
  const reason = turn.reason ? t(`turn.reason.${turn.reason}`) : null;
  const lines = [reason ?? turn.message ?? otherwise, reason === null ? null : turn.message, turn.hint];
  return lines
    .filter((line, index) => line !== null && lines.indexOf(line) === index)
    .map((line) => (
      <p key={line} className="mt-1 break-words first:text-ink">
        {line}
      </p>
    ));
}

function Card({
  state,
  style,
  icon,
  title,
  children,
  actions,
}: {
  state: KnownTurn['state'];
  style: string;
  icon: ReactNode;
  title: string;
  children: ReactNode;
  actions: ReactNode;
}) {
  return (
    <section
      aria-label={title}
      data-testid="turn-status"
      data-state={state}
      className={classNames('flex animate-appear gap-3 rounded-lg border p-4 sm:ms-11', style)}
    >
      {icon}
      <div className="min-w-0 flex-1">
        <p className="font-semibold">{title}</p>
        <div className="text-ink-soft text-sm">{children}</div>
        <div className="mt-3 flex flex-wrap items-center gap-2">{actions}</div>
      </div>
    </section>
  );
}

function Countdown({ at }: { at: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const seconds = secondsUntil(at, useNow(500));
  return (
    <span className="tabular text-ink-soft text-sm">
      {seconds === 0 ? t('turn.retryNow') : t('turn.retryIn', { time: format.duration(seconds) })}
    </span>
  );
}
