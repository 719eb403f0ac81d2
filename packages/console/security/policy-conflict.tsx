import type { ToolPolicy } from '@clawpool/contracts';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';

/** Somebody else has saved what is blocked first: all of theirs, beside what is typed. */
export function PolicyConflict({
  theirs,
  onTakeTheirs,
  onKeepMine,
}: {
  theirs: ToolPolicy;
  onTakeTheirs: () => void;
  onKeepMine: () => void;
}) {
  const { t } = useTranslation();
  const listed = (names: readonly string[]) => names.join(t('security.comma')) || t('common.none');
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
            {t('security.keepMineInstead')}
          </Button>
        </>
      }
    >
      <dl className="grid gap-1">
        <div className="flex flex-wrap gap-x-2">
          <dt className="text-ink-soft">{t('security.blockedTools')}</dt>
          <dd>{listed(theirs.blockedTools.map((tool) => t(`security.tool.${tool}`)))}</dd>
        </div>
        <div>
          <dt className="text-ink-soft">{t('security.commands')}</dt>
          <dd>
            <ul>
              {theirs.commandPatterns.map(({ pattern, why }) => (
                <li key={pattern} className="break-words">
                  <code className="break-all text-xs">{pattern}</code> {why}
                </li>
              ))}
            </ul>
          </dd>
        </div>
      </dl>
    </Notice>
  );
}
