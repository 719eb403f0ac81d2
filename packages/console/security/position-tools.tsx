import type { Position } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Pencil } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { tiersQuery } from '../api/pool-queries.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Button } from '../design/button.tsx';
import { Placeholder, Skeleton } from '../design/placeholder.tsx';
import { PositionTier } from './position-tier.tsx';
import { positionsQuery } from './queries.ts';
import { ToolList } from './tool-marks.tsx';

/** Which tier a position's agents run in, and what they may use of what that allows. */
export function PositionTools({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation();
  const { data: positions, error } = useQuery(positionsQuery);
  const { data: tiers = [] } = useQuery(tiersQuery);
  const [editing, setEditing] = useState<Position | null>(null);
  if (!positions) return error ? <ProblemNotice error={error} /> : <Skeleton className="h-64 rounded-lg" />;
  if (positions.length === 0) return <Placeholder title={t('security.noPosition')} />;
  return (
    <div className="grid grid-cols-1 gap-4">
      <p className="max-w-2xl text-ink-soft text-sm">
        {t('security.positionsText')}{' '}
        <Link to="/positions" className="underline decoration-line-strong underline-offset-2">
          {t('security.toPositions')}
        </Link>
      </p>
      <ul className="overflow-hidden rounded-lg border bg-surface">
        {positions.map((position) => {
          const ceiling = tiers.find(({ id }) => id === position.tierId)?.toolsCeiling;
          const cut = ceiling ? position.tools.filter((tool) => !ceiling.includes(tool)) : [];
          return (
            <li
              key={position.id}
              data-testid="position-tools"
              data-name={position.name}
              className="grid gap-x-6 gap-y-2 border-b px-4 py-3 text-sm last:border-0 sm:grid-cols-[minmax(0,1fr)_minmax(0,0.7fr)_minmax(0,2fr)]"
            >
              <div className="min-w-0">
                <p className="font-medium">{position.name}</p>
                <p className="text-ink-faint text-xs">{position.department}</p>
              </div>
              <div className="flex min-w-0 items-start gap-1 text-ink-soft">
                <span className="min-w-0 break-words">{position.tier}</span>
                {mayChange && (
                  <Button
                    kind="ghost"
                    size="icon-sm"
                    className="-my-1.5"
                    aria-label={t('security.changePositionTier', { name: position.name })}
                    onClick={() => setEditing(position)}
                  >
                    <Pencil aria-hidden="true" />
                  </Button>
                )}
              </div>
              <div className="min-w-0">
                <ToolList tools={position.tools} />
                {cut.length > 0 && (
                  <p className="mt-1 text-warn-ink text-xs">
                    {t('security.cut', {
                      tools: cut.map((tool) => t(`security.tool.${tool}`)).join(t('security.comma')),
                    })}
                  </p>
                )}
              </div>
            </li>
          );
        })}
      </ul>
      {editing && <PositionTier position={editing} onClose={() => setEditing(null)} />}
    </div>
  );
}
