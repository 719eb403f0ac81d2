import { type Tier, type TierInput, toolNames } from '@clawpool/contracts';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';
import { differing } from './tier-form.ts';

/** Somebody else has saved first: what they changed, and what one wants now. */
export function TierConflict({
  base,
  theirs,
  onTakeTheirs,
  onKeepMine,
}: {
  base: TierInput;
  theirs: Tier;
  onTakeTheirs: () => void;
  onKeepMine: () => void;
}) {
  const { t } = useTranslation();
  const shownValue = (name: keyof TierInput): string => {
    const value = theirs[name];
    if (value === null || value === '') return t('common.none');
    if (typeof value === 'boolean') return t(value ? 'security.on' : 'security.off');
    if (name === 'toolsCeiling') {
      return toolNames
        .filter((tool) => theirs.toolsCeiling.includes(tool))
        .map((tool) => t(`security.tool.${tool}`))
        .join(t('security.comma'));
    }
    return Array.isArray(value) ? value.join(t('security.comma')) || t('common.none') : String(value);
  };
  return (
    <Notice
      tone="warn"
      role="alert"
      title={t('security.conflictBy', { name: theirs.updatedBy })}
      actions={
        <>
          <Button size="sm" onClick={onTakeTheirs}>
            {t('security.takeTheirs')}
          </Button>
          <Button size="sm" onClick={onKeepMine}>
            {t('security.keepMine')}
          </Button>
        </>
      }
    >
      <dl className="grid gap-1">
        {differing(base, theirs).map((name) => (
          <div key={name} className="flex flex-wrap gap-x-2">
            <dt className="text-ink-soft">{t(`security.field.${name}`)}</dt>
            <dd className="break-all">{shownValue(name)}</dd>
          </div>
        ))}
      </dl>
    </Notice>
  );
}
