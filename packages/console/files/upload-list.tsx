import { workspaceLimits } from '@clawpool/contracts';
import { CircleCheck, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { Progress } from '../design/progress.tsx';
import { useFormat } from '../format/use-format.ts';
import type { Upload, Uploads } from './use-uploads.ts';

/** What is being sent, what has arrived, and what somebody has to decide. */
export function UploadList({ uploads: { uploads, replace, dismiss } }: { uploads: Uploads }) {
  const { t } = useTranslation();
  if (uploads.length === 0) return null;
  return (
    <ul aria-label={t('agentFiles.uploads')} className="divide-y rounded-lg border bg-surface">
      {uploads.map((upload) => (
        <li
          key={upload.key}
          data-testid="upload"
          data-state={upload.state}
          className="flex items-center gap-3 px-3 py-2"
        >
          <div className="min-w-0 flex-1 text-sm">
            <p className="truncate">{upload.name}</p>
            <Standing upload={upload} />
          </div>
          {upload.state === 'exists' && (
            <Button size="sm" onClick={() => replace(upload)}>
              {t('agentFiles.replace')}
            </Button>
          )}
          <Button
            kind="ghost"
            size="icon-sm"
            aria-label={t(upload.state === 'sending' ? 'agentFiles.stopUpload' : 'agentFiles.dismissUpload', {
              name: upload.name,
            })}
            onClick={() => dismiss(upload)}
          >
            <X aria-hidden="true" />
          </Button>
        </li>
      ))}
    </ul>
  );
}

function Standing({ upload: { state, name, bytes, sentBytes, problem } }: { upload: Upload }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useProblem();
  if (state === 'sending') {
    return (
      <Progress
        label={t('agentFiles.sending', { name })}
        done={sentBytes}
        total={Math.max(1, bytes)}
        className="mt-1.5"
      />
    );
  }
  if (state === 'done') {
    return (
      <p role="status" className="flex items-center gap-1.5 text-good-ink text-xs">
        <CircleCheck className="size-3.5" aria-hidden="true" />
        {t('agentFiles.uploaded', { size: format.bytes(bytes) })}
      </p>
    );
  }
  const text = {
    exists: () => t('agentFiles.exists'),
    too_large: () => t('agentFiles.tooLarge', { size: format.bytes(workspaceLimits.uploadBytes) }),
    failed: () => {
      const { title, detail } = words(problem ?? { code: 'internal' });
      return [title, detail].filter(Boolean).join(' ');
    },
  }[state]();
  return (
    <p role="alert" className={state === 'exists' ? 'text-warn-ink text-xs' : 'text-bad-ink text-xs'}>
      {text}
    </p>
  );
}
