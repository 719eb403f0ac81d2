import type { AccessKind, Risk, RiskReason } from '@clawpool/contracts';
import { toolName } from '@clawpool/contracts';
import { FileText, Globe, Wrench } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';

const icons = { tool: Wrench, skill: FileText, host: Globe } as const;

/** What is asked for or granted: a tool by its name in the person's language, a skill or a host as it is called. */
export function Thing({ kind, resource, className }: { kind: AccessKind; resource: string; className?: string }) {
  const Icon = icons[kind];
  const nameOf = useThingName();
  return (
    <span className={classNames('inline-flex min-w-0 items-center gap-1.5', className)}>
      <Icon className="size-4 shrink-0 text-ink-faint" aria-hidden="true" />
      <span className={classNames('min-w-0 break-words', kind !== 'tool' && 'font-mono text-[0.925em]')}>
        {nameOf(kind, resource)}
      </span>
    </span>
  );
}

export function useThingName(): (kind: AccessKind, resource: string) => string {
  const { t } = useTranslation();
  return (kind, resource) => {
    const tool = kind === 'tool' ? toolName.safeParse(resource).data : undefined;
    return tool ? t(`tools.${tool}`) : resource;
  };
}

const riskStyles: Record<Risk, string> = {
  low: 'bg-good-soft text-good-ink',
  medium: 'bg-warn-soft text-warn-ink',
  high: 'bg-bad-soft text-bad-ink',
};

export function RiskBadge({ risk, because }: { risk: Risk; because?: string }) {
  const { t } = useTranslation();
  return (
    <span
      title={because}
      className={classNames(
        'inline-flex h-6 items-center rounded-full px-2.5 font-medium text-xs whitespace-nowrap',
        riskStyles[risk],
      )}
    >
      {t(`approvals.risk.${risk}`)}
    </span>
  );
}

/** Why something is rated as it is, in the person's language. */
export function useRiskReasons(): (reasons: readonly RiskReason[]) => string {
  const { t } = useTranslation();
  return (reasons) =>
    reasons
      .map(({ code, tool }) => t(`approvals.reason.${code}`, { tool: tool === null ? '' : t(`tools.${tool}`) }))
      .join(' ');
}

/** `for 8 hours`, `for 3 days`, `for good`. */
export function useDuration(): (hours: number | null) => string {
  const { t } = useTranslation();
  return (hours) => {
    if (hours === null) return t('approvals.forGood');
    return hours % 24 === 0 && hours >= 48
      ? t('approvals.forDays', { count: hours / 24 })
      : t('approvals.forHours', { count: hours });
  };
}
