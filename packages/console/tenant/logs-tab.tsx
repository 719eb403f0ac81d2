import type { Tenant } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Eye } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { classNames } from '../design/class-names.ts';
import { CopyButton } from '../design/copy-button.tsx';
import { Select } from '../design/field.tsx';
import { Switch } from '../design/form-fields.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { tenantLogsQuery } from './queries.ts';

const amounts = [200, 1000, 5000] as const;

/** The end of the runtime's output. Whoever reads on stays where they read; whoever is at the end stays at the end. */
export function LogsTab({ tenant }: { tenant: Tenant }) {
  const { t } = useTranslation();
  const [amount, setAmount] = useState<number>(amounts[0]);
  const [follow, setFollow] = useState(true);
  const [wrap, setWrap] = useState(true);
  const area = useRef<HTMLElement>(null);
  const atEnd = useRef(true);
  const { data: lines, error } = useQuery(tenantLogsQuery(tenant.id, amount, follow));

  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines, and lines that break elsewhere, move the end
  useEffect(() => {
    if (follow && atEnd.current) area.current?.scrollTo({ top: area.current.scrollHeight });
  }, [lines, wrap, follow]);

  const text = lines?.join('\n') ?? '';
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-center gap-x-5 gap-y-2">
        <Switch
          label={t('logs.follow')}
          checked={follow}
          onChecked={(next) => {
            atEnd.current = true;
            setFollow(next);
          }}
        />
        <Switch label={t('logs.wrap')} checked={wrap} onChecked={setWrap} />
        <Select
          label={t('logs.lines')}
          className="h-9 text-sm"
          value={amount}
          onChange={(event) => setAmount(Number(event.target.value))}
        >
          {amounts.map((count) => (
            <option key={count} value={count}>
              {t('logs.last', { count })}
            </option>
          ))}
        </Select>
        <CopyButton text={text} label={t('logs.copy')} />
        <p className="ms-auto flex items-center gap-1.5 text-ink-faint text-xs">
          <Eye className="size-3.5 shrink-0" aria-hidden="true" />
          {t('logs.audited')}
        </p>
      </div>
      <ProblemNotice error={error} title={t('logs.failed')} />
      {!lines && !error && <Skeleton className="h-72 w-full rounded-lg" />}
      {lines && (
        <section
          ref={area}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
          tabIndex={0}
          data-testid="log"
          aria-label={t('logs.of', { name: tenant.name })}
          onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
            atEnd.current = scrollHeight - scrollTop - clientHeight < 24;
          }}
          className="h-[max(18rem,calc(100dvh-18rem))] overflow-auto rounded-lg border bg-sunken p-4"
        >
          {lines.length === 0 && <p className="text-ink-faint text-sm">{t('logs.empty')}</p>}
          <pre
            className={classNames(
              'font-mono text-xs leading-5',
              wrap && 'whitespace-pre-wrap break-words [overflow-wrap:anywhere]',
            )}
          >
            {text}
          </pre>
        </section>
      )}
    </div>
  );
}
