import type { LayerWarning } from '@clawpool/contracts';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import { Notice } from '../design/notice.tsx';

/** What whoever edits a layer should know of the files that it becomes. */
export function LayerWarnings({ warnings }: { warnings: readonly LayerWarning[] }) {
  const { t } = useTranslation();
  if (warnings.length === 0) return null;
  return (
    <div className="mb-3 grid gap-2" data-testid="layer-warnings" role="status">
      {warnings.map((warning) => (
        <Notice
          key={JSON.stringify(warning)}
          tone={warning.kind === 'cut' || warning.kind === 'memory_cut' ? 'bad' : 'warn'}
          title={t(`soul.warning.${warning.kind}`)}
        >
          {textOf(warning, t)}
        </Notice>
      ))}
    </div>
  );
}

function textOf(warning: LayerWarning, t: TFunction): string {
  switch (warning.kind) {
    case 'cut':
      return t('soul.warningText.cut', { count: warning.lines, layer: t(`soul.scope.${warning.scope}`) });
    case 'memory_cut':
      return t('soul.warningText.memory_cut', { ...warning });
    case 'nearly_full':
      return t('soul.warningText.nearly_full', {
        ...warning,
        percent: Math.floor((warning.characters / warning.limit) * 100),
      });
    case 'renamed_heading':
      return t('soul.warningText.renamed_heading', { title: warning.title });
    case 'empty':
      return warning.scope === null
        ? t('soul.warningText.emptyAll')
        : t('soul.warningText.empty', { layer: t(`soul.scope.${warning.scope}`) });
  }
}
