import type { EmployeeDetail } from '@clawpool/contracts';
import { useTranslation } from 'react-i18next';
import { classNames } from '../../design/class-names.ts';
import { useFormat } from '../../format/use-format.ts';

/** How many messages somebody wrote on each of the last seven days. Read out as a list. */
export function WeekBars({ days }: { days: EmployeeDetail['messagesLastWeek'] }) {
  const { t } = useTranslation();
  const { locale } = useFormat();
  const most = Math.max(0, ...days.map(({ messages }) => messages));
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' });
  const full = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' });
  return (
    <ol data-testid="week" className="flex items-end gap-1.5">
      {days.map(({ day, messages }) => {
        const at = Date.parse(day);
        const words = t('employees.messagesOn', { day: full.format(at), count: messages });
        return (
          <li key={day} title={words} className="flex min-w-0 flex-1 flex-col items-center gap-1 text-xs">
            <span className="sr-only">{words}</span>
            {messages > 0 && (
              <span aria-hidden="true" className="tabular text-ink-soft">
                {messages.toLocaleString(locale)}
              </span>
            )}
            <span aria-hidden="true" className={classNames('flex w-full max-w-12 items-end', most > 0 && 'h-14')}>
              <span
                className={messages > 0 ? 'w-full rounded-t-xs bg-info' : 'h-px w-full bg-line-strong'}
                style={messages > 0 ? { height: `${Math.max(6, (messages / most) * 100)}%` } : undefined}
              />
            </span>
            <span aria-hidden="true" className="truncate text-ink-faint">
              {weekday.format(at)}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
