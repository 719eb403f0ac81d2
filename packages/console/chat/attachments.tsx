import type { Attachment } from '@clawpool/contracts';
import { useQuery } from '@tanstack/react-query';
import { Download, File, FileImage, FileText } from 'lucide-react';
import { createContext, useContext, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { fileAddress } from '../api/files.ts';
import { classNames } from '../design/class-names.ts';
import { useFormat } from '../format/use-format.ts';

/** Pictures every browser shows and none of which can run anything; larger ones are not fetched unasked. */
const shownPictures = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];
const shownBytes = 5 * 1024 * 1024;

/** By which route files are fetched: a person's own conversation, or a session that is watched. */
export const AttachmentRoute = createContext<'downloadAttachment' | 'downloadSessionAttachment'>('downloadAttachment');

/** The files of a message, each to be downloaded; pictures are shown. */
export function Attachments({
  conversationId,
  attachments,
  className,
}: {
  conversationId: string | null;
  attachments: readonly Attachment[];
  className?: string;
}) {
  const { t } = useTranslation();
  if (attachments.length === 0) return null;
  return (
    <ul aria-label={t('files.attached')} className={classNames('flex max-w-full flex-wrap items-end gap-2', className)}>
      {attachments.map((attachment) => (
        <li key={attachment.id} className="min-w-0 max-w-full">
          {conversationId === null ? (
            <FileChip attachment={attachment} />
          ) : (
            <StoredFile conversationId={conversationId} attachment={attachment} />
          )}
        </li>
      ))}
    </ul>
  );
}

function StoredFile({ conversationId, attachment }: { conversationId: string; attachment: Attachment }) {
  const { t } = useTranslation();
  const route = useContext(AttachmentRoute);
  const shown = shownPictures.includes(attachment.mediaType) && attachment.bytes <= shownBytes;
  return (
    <a
      href={fileAddress(route, { conversationId, attachmentId: attachment.id })}
      download={attachment.name}
      data-testid="attachment"
      aria-label={t('files.download', { name: attachment.name })}
      className="block max-w-full rounded-lg"
    >
      {shown && <Picture conversationId={conversationId} attachment={attachment} />}
      <FileChip attachment={attachment} download />
    </a>
  );
}

function Picture({ conversationId, attachment }: { conversationId: string; attachment: Attachment }) {
  const route = useContext(AttachmentRoute);
  const { data } = useQuery({
    queryKey: ['attachment', attachment.id],
    queryFn: async ({ signal }) => {
      const input = { params: { conversationId, attachmentId: attachment.id } };
      return (await api.download(route, input, { signal })).blob();
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!data) return;
    // The type is the one of the list above, whatever the file claims to be.
    const made = URL.createObjectURL(new Blob([data], { type: attachment.mediaType }));
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [data, attachment.mediaType]);
  return address ? (
    <img src={address} alt="" className="mb-1.5 max-h-64 max-w-full rounded-lg border object-contain sm:max-w-96" />
  ) : null;
}

/** A file by its name and size. */
function FileChip({ attachment, download = false }: { attachment: Attachment; download?: boolean }) {
  const format = useFormat();
  return (
    <span
      className={classNames(
        'inline-flex h-10 max-w-full items-center gap-2 rounded-lg border bg-surface ps-2.5 pe-3 text-sm',
        download && 'transition-colors hover:border-line-strong hover:bg-hover',
      )}
    >
      <FileSign mediaType={attachment.mediaType} />
      <span className="min-w-0 truncate">{attachment.name}</span>
      <span className="tabular shrink-0 text-ink-faint text-xs">{format.bytes(attachment.bytes)}</span>
      {download && <Download className="size-4 shrink-0 text-ink-faint" aria-hidden="true" />}
    </span>
  );
}

export function FileSign({ mediaType }: { mediaType: string }) {
  const Icon = mediaType.startsWith('image/') ? FileImage : mediaType.startsWith('text/') ? FileText : File;
  return <Icon className="size-4 shrink-0 text-ink-faint" aria-hidden="true" />;
}
