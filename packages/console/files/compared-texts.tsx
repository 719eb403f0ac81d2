import { useTranslation } from 'react-i18next';
import { TextDiff } from '../text-diff/text-diff-view.tsx';
import { forEditor } from './line-endings.ts';

/** Characters of both together that a browser compares without anybody waiting. */
const comparable = 600_000;

/** What one text says differently from another, where both are texts that can be compared. */
export function ComparedTexts({
  label,
  before,
  after,
}: {
  label: string;
  before: string | null;
  after: string | null;
}) {
  const { t } = useTranslation();
  if (before === null || after === null || before.length + after.length > comparable) {
    return <p className="text-ink-soft text-sm">{t('agentFiles.notComparable')}</p>;
  }
  return <TextDiff label={label} before={forEditor(before)} after={forEditor(after)} />;
}
