import type { WorkspaceEntry } from '@clawpool/contracts';
import { File, FileCode, FileImage, FileQuestion, FileText, Folder } from 'lucide-react';
import { isImage } from './media.ts';

/** What an entry is, for the eye; its name says the same. */
export function EntryIcon({ name, kind }: Pick<WorkspaceEntry, 'name' | 'kind'>) {
  const Icon = kind === 'folder' ? Folder : kind === 'other' ? FileQuestion : fileIcon(name);
  return <Icon className="size-4 shrink-0 text-ink-faint" aria-hidden="true" />;
}

function fileIcon(name: string) {
  if (isImage(name)) return FileImage;
  if (/\.(md|txt|csv|log)$/i.test(name)) return FileText;
  return /\.(json|ya?ml|[cm]?[jt]sx?|py|sh|html|css|sql|xml|toml)$/i.test(name) ? FileCode : File;
}
