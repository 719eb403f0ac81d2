import type { WorkspaceFile } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { Markdown } from '../chat/markdown.tsx';
import { Notice } from '../design/notice.tsx';
import { Skeleton } from '../design/placeholder.tsx';
import { useFormat } from '../format/use-format.ts';
import { imageTypeOf, isMarkdown, shownImageBytes } from './media.ts';
import { nameOf } from './paths.ts';
import { workspaceKey } from './queries.ts';

/** What is in a file, as far as it can be shown. */
export function FileContent({
  tenantId,
  file,
  rendered,
}: {
  tenantId: string;
  file: WorkspaceFile;
  /** Markdown as it is meant, not as it is written. */
  rendered: boolean;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const name = nameOf(file.path);
  const imageType = imageTypeOf(name);
  if (imageType !== null && file.kind !== 'text' && file.bytes <= shownImageBytes) {
    return <Picture tenantId={tenantId} file={file} mediaType={imageType} />;
  }
  if (file.text === null) {
    return (
      <Notice tone="info" title={t(file.kind === 'large' ? 'agentFiles.largeTitle' : 'agentFiles.binaryTitle')}>
        {t(file.kind === 'large' ? 'agentFiles.large' : 'agentFiles.binary', { size: format.bytes(file.bytes) })}
      </Notice>
    );
  }
  if (file.text === '') return <p className="text-ink-soft">{t('agentFiles.emptyFile')}</p>;
  if (rendered && isMarkdown(name)) {
    return (
      <div className="prose max-w-prose" data-testid="rendered">
        <Markdown text={file.text} />
      </div>
    );
  }
  return (
    <section
      aria-label={t('agentFiles.contentOf', { name })}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled area must be reachable by keyboard
      tabIndex={0}
      data-testid="source"
      className="-outline-offset-2 overflow-x-auto rounded-lg border bg-sunken p-4"
    >
      <pre className="whitespace-pre-wrap font-mono text-sm [overflow-wrap:anywhere]">{file.text}</pre>
    </section>
  );
}

function Picture({ tenantId, file, mediaType }: { tenantId: string; file: WorkspaceFile; mediaType: string }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: [...workspaceKey(tenantId), 'picture', file.path, file.hash ?? file.modifiedAt],
    queryFn: async ({ signal }) => {
      const input = { params: { tenantId }, query: { path: file.path } };
      return (await api.download('downloadFile', input, { signal })).blob();
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!data) return;
    // The type is the one of the list, whatever the file claims to be.
    const made = URL.createObjectURL(new Blob([data], { type: mediaType }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [data, mediaType]);
  if (error) return <ProblemNotice error={error} />;
  if (address === null) return <Skeleton className="h-64 rounded-lg" />;
  return (
    <img
      src={address}
      alt={t('agentFiles.picture', { name: nameOf(file.path) })}
      className="max-h-[70vh] max-w-full rounded-lg border bg-sunken object-contain"
    />
  );
}
