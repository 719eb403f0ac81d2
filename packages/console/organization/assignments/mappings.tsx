import type { ChannelBinding } from '@clawpool/contracts';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { BindingRow } from '../../channel-accounts/bindings-dialog.tsx';
import { buttonStyle } from '../../design/button.tsx';
import { Placeholder, Skeleton } from '../../design/placeholder.tsx';
import { nameOfChannel } from '../channel-name.ts';

/** Who is who on the platforms, bot by bot. */
export function Mappings({
  bindings,
  error,
  mayChange,
}: {
  bindings: readonly ChannelBinding[] | undefined;
  error: Error | null;
  mayChange: boolean;
}) {
  const { t } = useTranslation();
  if (!bindings) {
    return error ? <ProblemNotice error={error} /> : <Skeleton className="h-48 rounded-lg" />;
  }
  if (bindings.length === 0) {
    return (
      <Placeholder
        title={t('assignments.nobodyPairedTitle')}
        actions={
          <Link to="/channel-accounts" className={buttonStyle()}>
            {t('assignments.toBots')}
          </Link>
        }
      >
        {t('assignments.nobodyPaired')}
      </Placeholder>
    );
  }
  const bots = [...Map.groupBy(bindings, ({ accountId }) => accountId).values()];
  return (
    <div className="grid grid-cols-1 gap-6">
      <p className="max-w-2xl text-ink-soft text-sm">{t('assignments.mappingsText')}</p>
      <ProblemNotice error={error} />
      {bots.map((members) => {
        const [first] = members;
        return (
          first && (
            <section key={first.accountId} aria-labelledby={`bot-${first.accountId}`}>
              <h2 id={`bot-${first.accountId}`} className="mb-2 font-semibold">
                {nameOfChannel(first.channel)} · @{first.accountName}
              </h2>
              <ul className="overflow-hidden rounded-lg border bg-surface">
                {members.map((binding) => (
                  <BindingRow key={binding.platformUserId} binding={binding} mayChange={mayChange} />
                ))}
              </ul>
            </section>
          )
        );
      })}
    </div>
  );
}
