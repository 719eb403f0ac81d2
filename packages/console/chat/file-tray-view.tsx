import { attachmentLimits } from '@clawpool/contracts';
import { RotateCw, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { Progress } from '../design/progress.tsx';
import { useFormat } from '../format/use-format.ts';
import { FileSign } from './attachments.tsx';
import type { ChosenFile } from './file-tray.ts';
import type { FileTray } from './use-file-tray.ts';

/** The files of the next message, above the text: how far each has come, and what could not be taken. */
export function FileTrayView({ tray }: { tray: FileTray }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (tray.files.length === 0 && tray.refused.length === 0) return null;
  return (
    <div className="mb-2 grid grid-cols-1 gap-2">
      {tray.files.length > 0 && (
        <ul aria-label={t('files.chosen')} className="flex flex-wrap gap-2">
          {tray.files.map((file) => (
            <FileOnItsWay key={file.key} file={file} tray={tray} />
          ))}
        </ul>
      )}
      {tray.refused.length > 0 && (
        <div role="alert">
          <ul className="grid gap-0.5 px-1 text-bad-ink text-sm">
            {tray.refused.map(({ name, why }) => (
              <li key={name} className="break-words">
                {t(`files.refused.${why}`, {
                  name,
                  size: format.bytes(attachmentLimits.bytes),
                  count: attachmentLimits.perMessage,
                })}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function FileOnItsWay({ file, tray }: { file: ChosenFile; tray: FileTray }) {
  const { t } = useTranslation();
  const format = useFormat();
  const problem = useProblem();
  const words = file.problem && problem(file.problem);
  return (
    <li
      data-testid="chosen-file"
      data-state={file.attachment ? 'stored' : words ? 'failed' : 'uploading'}
      className="grid w-full max-w-full grid-cols-1 gap-1 rounded-lg border bg-surface py-1 ps-2.5 pe-1 text-sm sm:w-64"
    >
      <div className="flex min-h-8 items-center gap-2">
        <FileSign mediaType={file.mediaType} />
        <span className="min-w-0 flex-1 truncate" title={file.name}>
          {file.name}
        </span>
        <span className="tabular shrink-0 text-ink-faint text-xs">{format.bytes(file.bytes)}</span>
        {words && (
          <Button
            kind="ghost"
            size="icon-sm"
            aria-label={t('files.again', { name: file.name })}
            onClick={() => tray.again(file)}
          >
            <RotateCw aria-hidden="true" />
          </Button>
        )}
        <Button
          kind="ghost"
          size="icon-sm"
          aria-label={t('common.remove', { name: file.name })}
          onClick={() => tray.remove(file)}
        >
          <X aria-hidden="true" />
        </Button>
      </div>
      {words ? (
        <p role="alert" className="pe-1.5 pb-1 text-bad-ink text-xs">
          {words.title} {words.detail}
        </p>
      ) : (
        !file.attachment && (
          <Progress
            label={t('files.uploading', { name: file.name })}
            done={file.sentBytes}
            total={file.bytes}
            className="mb-1 w-auto me-1.5"
          />
        )
      )}
    </li>
  );
}
