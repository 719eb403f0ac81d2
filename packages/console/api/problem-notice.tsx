import { ClientError } from '@clawpool/client';
import { useTranslation } from 'react-i18next';
import { Notice } from '../design/notice.tsx';
import { factsOf, useProblem } from './use-problem.ts';

/** Says what went wrong in the person's language, then what the server knows about it, then what to do. Null: nothing did. */
export function ProblemNotice({ error, title }: { error: unknown; title?: string | undefined }) {
  const { t } = useTranslation();
  const problem = useProblem();
  if (error === null || error === undefined) return null;
  const facts = factsOf(error);
  const words = problem(facts);
  const lines = [
    title === undefined ? undefined : words.title,
    messageOf(error),
    words.detail,
    facts.code === 'internal' && facts.requestId ? t('common.requestId', { id: facts.requestId }) : undefined,
  ].filter((line, index, all) => line !== undefined && line !== '' && all.indexOf(line) === index);
  return (
    <Notice tone="bad" role="alert" title={title ?? words.title}>
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </Notice>
  );
}

/** What the server says of this one case; where nobody answered there is nothing to add. */
export function messageOf(error: unknown): string | undefined {
  if (!(error instanceof ClientError)) return undefined;
  return ['unreachable', 'invalid_response', 'internal'].includes(error.code) ? undefined : error.message;
}
