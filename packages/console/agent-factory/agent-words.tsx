import type { AgentOverview, EffectiveSettings } from '@clawpool/contracts';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { layerLooks } from '../soul/layer-look.tsx';

/** "Position Finance Analyst": who has said a value. */
export function useOrigin(): (value: Pick<EffectiveSettings['model'], 'from' | 'fromName'>) => string {
  const { t } = useTranslation();
  return ({ from, fromName }) => t(`agentFactory.from.${from}`, { name: fromName });
}

/** Which versions of the three layers an agent is made of, each a link to the layer. */
export function LayerVersions({ agent: { layers, owner } }: { agent: Pick<AgentOverview, 'layers' | 'owner'> }) {
  const { t } = useTranslation();
  const shown = [
    { scope: 'global', ownerId: '-', version: layers.global },
    { scope: 'position', ownerId: owner?.positionId ?? null, version: layers.position },
    { scope: 'personal', ownerId: owner?.employeeId ?? null, version: layers.personal },
  ] as const;
  return (
    <ul className="tabular flex gap-1.5 text-xs">
      {shown.map(({ scope, ownerId, version }) => {
        const { icon: Icon, chip } = layerLooks[scope];
        if (version === null || ownerId === null) return null;
        const words = t('agentFactory.layerVersion', { layer: t(`soul.scope.${scope}`), version });
        return (
          <li key={scope}>
            <Link
              to="/soul/$scope/$ownerId"
              params={{ scope, ownerId }}
              aria-label={words}
              title={words}
              className={classNames(
                'inline-flex h-6 items-center gap-1 rounded-full px-2 font-medium hover:underline',
                version === 0 ? 'bg-hover text-ink-soft' : chip,
              )}
            >
              <Icon className="size-3" aria-hidden="true" />
              {version}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
