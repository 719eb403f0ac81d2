import type { ConfigTemplate, ConfigTemplateContent } from '@clawpool/contracts';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { Notice } from '../design/notice.tsx';
import { TemplateChanges } from './template-changes.tsx';

/** Somebody else has saved first. Shows what they changed; nothing of either is lost, the person chooses. */
export function TemplateConflict({
  base,
  theirs,
  onTakeTheirs,
  onKeepMine,
}: {
  /** What the person began with. */
  base: ConfigTemplateContent;
  theirs: ConfigTemplate;
  onTakeTheirs: () => void;
  onKeepMine: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Notice
      tone="warn"
      role="alert"
      data-testid="template-conflict"
      title={t('templates.conflictTitle', { name: theirs.updatedBy, version: theirs.version })}
      actions={
        <>
          <Button size="sm" onClick={onTakeTheirs}>
            {t('templates.takeTheirs')}
          </Button>
          <Button size="sm" onClick={onKeepMine}>
            {t('templates.keepMine')}
          </Button>
        </>
      }
    >
      <p className="mb-3">{t('templates.conflictText')}</p>
      <TemplateChanges before={base} after={theirs.content} />
    </Notice>
  );
}
