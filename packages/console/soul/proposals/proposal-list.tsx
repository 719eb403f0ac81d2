import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ProblemNotice } from '../../api/problem-notice.tsx';
import { Button } from '../../design/button.tsx';
import { FilterButtons } from '../../design/filter-buttons.tsx';
import { Placeholder, Skeleton } from '../../design/placeholder.tsx';
import { proposalsQuery } from '../queries.ts';
import { ProposalCard } from './proposal-card.tsx';
import { isOver } from './proposal-steps.ts';

/** Changes of layers that are on their way, the newest first; those that are over when somebody asks for them. */
export function ProposalList({ all, onAll }: { all: boolean; onAll: (all: boolean) => void }) {
  const { t } = useTranslation();
  const { data: proposals, error, refetch } = useQuery(proposalsQuery());
  if (!proposals) {
    return error ? (
      <Placeholder
        title={t('soul.proposal.failedTitle')}
        actions={<Button onClick={() => void refetch()}>{t('common.tryAgain')}</Button>}
      >
        <ProblemNotice error={error} />
      </Placeholder>
    ) : (
      <>
        <p role="status" className="sr-only">
          {t('soul.proposal.loading')}
        </p>
        <Skeleton className="h-40 rounded-lg" />
      </>
    );
  }
  const open = proposals.filter(({ state }) => !isOver(state));
  const shown = all ? proposals : open;
  return (
    <div className="grid gap-4">
      <FilterButtons
        label={t('soul.proposal.filter')}
        value={all ? 'all' : 'open'}
        onValue={(value) => onAll(value === 'all')}
        options={[
          { value: 'open', label: t('soul.proposal.open'), count: open.length },
          { value: 'all', label: t('soul.proposal.all'), count: proposals.length },
        ]}
      />
      {shown.length === 0 ? (
        <Placeholder title={t('soul.proposal.noneTitle')}>{t('soul.proposal.none')}</Placeholder>
      ) : (
        <ul aria-label={t('soul.tabs.proposals')} className="grid gap-4">
          {shown.map((proposal) => (
            <ProposalCard key={proposal.id} proposal={proposal} />
          ))}
        </ul>
      )}
    </div>
  );
}
