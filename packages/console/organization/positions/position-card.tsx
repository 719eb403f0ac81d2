import type { Position } from '@clawpool/contracts';
import { toolNames } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Ellipsis, Pencil, Rocket, Trash2 } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { tiersQuery } from '../../api/pool-queries.ts';
import { Button } from '../../design/button.tsx';
import { Menu, MenuItem } from '../../design/menu.tsx';
import { Tag } from '../../design/tag.tsx';
import { Fact, Facts } from '../../tenant/card.tsx';
import { Coverage } from '../coverage.tsx';
import { linkStyle } from '../link-style.ts';
import type { PositionAction } from '../positions-page.tsx';
import { SoulLink } from '../soul-link.tsx';
import { ToolChips } from './tool-chips.tsx';

/** More skills than these are counted. */
const mostSkills = 4;

/** One position: its tier and tools, who has it, and what its SOUL layer says. */
export function PositionCard({
  position,
  mayChange,
  onAction,
}: {
  position: Position;
  mayChange: boolean;
  onAction: (action: PositionAction) => void;
}) {
  const { t } = useTranslation();
  const id = useId();
  const { data: tiers } = useQuery(tiersQuery);
  const ceiling = tiers?.find((tier) => tier.id === position.tierId)?.toolsCeiling ?? toolNames;
  const without = position.employees - position.agents;
  return (
    <li
      aria-labelledby={id}
      data-testid="position"
      data-name={position.name}
      className="flex min-w-0 flex-col gap-4 rounded-lg border bg-surface p-4 sm:p-5"
    >
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <h2 id={id} className="break-words font-semibold">
            {position.name}
          </h2>
          <p className="truncate text-ink-faint text-sm">{position.department}</p>
        </div>
        {mayChange && (
          <Menu
            align="end"
            trigger={
              <Button
                kind="ghost"
                size="icon-sm"
                aria-label={t('organization.actionsFor', { name: position.name })}
                className="-me-2 -mt-1"
              >
                <Ellipsis aria-hidden="true" />
              </Button>
            }
          >
            <MenuItem icon={<Pencil />} onSelect={() => onAction({ kind: 'change', position })}>
              {t('organization.change')}
            </MenuItem>
            <MenuItem icon={<Trash2 />} danger onSelect={() => onAction({ kind: 'remove', position })}>
              {t('organization.delete')}
            </MenuItem>
          </Menu>
        )}
      </div>
      <ToolChips tools={position.tools} ceiling={ceiling} />
      <Facts>
        <Fact name={t('positions.tier')}>{position.tier}</Fact>
        <Fact name={t('positions.soul')}>
          <SoulLink scope="position" ownerId={position.id}>
            {position.layerWords > 0 ? (
              t('positions.words', { count: position.layerWords })
            ) : (
              <span className="text-warn-ink">{t('positions.noWords')}</span>
            )}
          </SoulLink>
        </Fact>
        <Fact name={t('positions.skills')}>
          {position.skills.length === 0 ? (
            t('common.none')
          ) : (
            <span className="flex flex-wrap gap-1.5">
              {position.skills.slice(0, mostSkills).map((skill) => (
                <Tag key={skill} name={skill} />
              ))}
              {position.skills.length > mostSkills && (
                <span className="text-ink-faint">
                  {t('positions.moreSkills', { count: position.skills.length - mostSkills })}
                </span>
              )}
            </span>
          )}
        </Fact>
        <Fact name={t('organization.contactFor')}>{position.contactFor.join(', ') || t('common.none')}</Fact>
      </Facts>
      <div className="mt-auto flex min-h-13 flex-wrap items-center gap-x-4 gap-y-2 border-t pt-3">
        <div className="min-w-32 flex-1">
          <p className="text-sm">
            <Link to="/employees" search={{ position: position.id }} className={linkStyle}>
              {t('organization.withAgents', { agents: position.agents, count: position.employees })}
            </Link>
          </p>
          {position.employees > 0 && (
            <Coverage agents={position.agents} employees={position.employees} className="mt-1" />
          )}
        </div>
        {mayChange && without > 0 && (
          <Button size="sm" onClick={() => onAction({ kind: 'provision', position })}>
            <Rocket aria-hidden="true" />
            {t('positions.provision', { count: without })}
          </Button>
        )}
      </div>
    </li>
  );
}
