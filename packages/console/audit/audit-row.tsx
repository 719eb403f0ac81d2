import type { AuditEvent } from '@clawpool/contracts';
import { Bot, ChevronRight, Cog, User } from 'lucide-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { CopyButton } from '../design/copy-button.tsx';
import { useFormat } from '../format/use-format.ts';
import { detailFields } from './detail-fields.ts';

const actorIcons = { person: User, agent: Bot, system: Cog } as const;
const outcomeStyles = {
  allowed: 'text-ink-soft bg-hover',
  refused: 'text-warn-ink bg-warn-soft',
  failed: 'text-bad-ink bg-bad-soft',
} as const;

/** One line; everything that is known about the event opens below it. */
export function AuditRow({ event }: { event: AuditEvent }) {
  const { t } = useTranslation();
  const format = useFormat();
  const id = useId();
  const [open, setOpen] = useState(false);
  const at = Date.parse(event.at);
  const ActorIcon = actorIcons[event.actor.type];
  return (
    <li
      data-testid="audit-row"
      data-outcome={event.outcome}
      data-action={event.action}
      className="border-b last:border-0"
    >
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="-outline-offset-2 grid w-full grid-cols-[auto_1fr_auto] items-center gap-x-3 gap-y-0.5 px-3 py-2.5 text-start text-sm transition-colors hover:bg-sunken md:grid-cols-[auto_5.5rem_minmax(0,1.1fr)_minmax(0,1.2fr)_minmax(0,1.3fr)_6rem]"
      >
        <ChevronRight
          className={classNames('size-4 text-ink-faint transition-transform', open && 'rotate-90')}
          aria-hidden="true"
        />
        <time
          dateTime={event.at}
          title={format.full(at)}
          className="tabular order-5 col-start-2 text-ink-faint text-xs md:order-none md:col-start-auto md:text-sm"
        >
          {format.exactTime(at)}
        </time>
        <span className="flex min-w-0 items-center gap-2">
          <ActorIcon className="size-4 shrink-0 text-ink-faint" aria-hidden="true" />
          <span className="sr-only">{t(`audit.actors.${event.actor.type}`)}</span>
          <span className="truncate font-medium">{event.actor.name}</span>
        </span>
        <code className="order-4 col-start-2 truncate font-mono text-ink-soft text-xs md:order-none md:col-start-auto">
          {event.action}
        </code>
        <span
          className={classNames(
            'order-4 col-start-2 truncate text-ink-soft md:order-none md:col-start-auto',
            event.target === null && 'max-md:hidden',
          )}
        >
          {event.target?.name ?? t('common.none')}
        </span>
        <span
          className={classNames(
            'inline-flex h-6 items-center justify-self-end rounded-full px-2.5 font-medium text-xs',
            outcomeStyles[event.outcome],
          )}
        >
          {t(`audit.outcomes.${event.outcome}`)}
        </span>
      </button>
      <div id={id} hidden={!open}>
        {open && <Detail event={event} />}
      </div>
    </li>
  );
}

function Detail({ event }: { event: AuditEvent }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { fields, nested } = detailFields(event.detail);
  const facts: [string, string][] = [
    [t('audit.time'), format.full(Date.parse(event.at))],
    [t('audit.actor'), `${event.actor.name} (${t(`audit.actors.${event.actor.type}`)}, ${event.actor.id})`],
    ...(event.target
      ? [
          [t('audit.target'), `${event.target.name} (${event.target.type}, ${event.target.id})`] satisfies [
            string,
            string,
          ],
        ]
      : []),
    [t('audit.event'), event.id],
  ];
  return (
    <div className="animate-appear border-t bg-sunken px-4 py-4 text-sm sm:ps-10">
      <FactList facts={facts} />
      <div className="mt-3 border-t pt-3">
        {fields.length > 0 && <FactList facts={fields} mono />}
        {nested !== null && (
          <pre
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
            tabIndex={0}
            className="mt-2 overflow-x-auto rounded-md border bg-surface p-3 font-mono text-xs leading-5"
          >
            {nested}
          </pre>
        )}
        {fields.length === 0 && nested === null && <p className="text-ink-faint">{t('audit.noDetail')}</p>}
      </div>
      <div className="-ms-2 mt-2 flex items-center gap-1 text-ink-faint text-xs">
        <CopyButton text={JSON.stringify(event, null, 2)} label={t('audit.copyJson')} />
        {t('audit.copyJson')}
      </div>
    </div>
  );
}

function FactList({ facts, mono = false }: { facts: [string, string][]; mono?: boolean }) {
  return (
    <dl className="grid gap-x-6 gap-y-1.5 sm:grid-cols-[minmax(6rem,max-content)_1fr]">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className={classNames('text-ink-faint max-sm:mt-1', mono && 'font-mono text-xs leading-5')}>{name}</dt>
          <dd className="min-w-0 break-words [overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
