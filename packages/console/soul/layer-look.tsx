import type { LayerScope } from '@clawpool/contracts';
import { Globe, type LucideIcon, UserRound, Users } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import type { LayerName } from './queries.ts';

/** The three layers look the same wherever they are named. */
export const layerLooks: Readonly<Record<LayerScope, { icon: LucideIcon; chip: string; line: string }>> = {
  global: { icon: Globe, chip: 'bg-info-soft text-info-ink', line: 'border-s-info' },
  position: { icon: Users, chip: 'bg-warn-soft text-warn-ink', line: 'border-s-warn' },
  personal: { icon: UserRound, chip: 'bg-good-soft text-good-ink', line: 'border-s-good' },
};

/** Which of the three it is. */
export function LayerChip({ scope, className }: { scope: LayerScope; className?: string }) {
  const { t } = useTranslation();
  const { icon: Icon, chip } = layerLooks[scope];
  return (
    <span
      className={classNames(
        'inline-flex h-6 shrink-0 items-center gap-1.5 whitespace-nowrap rounded-full px-2.5 font-medium text-xs',
        chip,
        className,
      )}
    >
      <Icon className="size-3.5" aria-hidden="true" />
      {t(`soul.scope.${scope}`)}
    </span>
  );
}

/** "Everybody in ACME", a position's or a person's name. */
export function useLayerTitle(): (layer: Pick<LayerName, 'scope'> & { ownerName: string }) => string {
  const { t } = useTranslation();
  return ({ scope, ownerName }) => (scope === 'global' ? t('soul.everybodyOf', { name: ownerName }) : ownerName);
}
