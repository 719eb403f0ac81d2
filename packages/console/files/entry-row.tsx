import type { WorkspaceEntry } from '@clawpool/contracts';
import { Download, EllipsisVertical, Pencil, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { fileAddress, saveFile } from '../api/files.ts';
import { Button } from '../design/button.tsx';
import { Menu, MenuItem } from '../design/menu.tsx';
import { Tag } from '../design/tag.tsx';
import { useFormat, useNow } from '../format/use-format.ts';
import { EntryIcon } from './entry-icon.tsx';

/** One file or folder of a list, with what can be done with it. */
export function EntryRow({
  entry,
  path,
  tenantId,
  mayEdit,
  onPath,
  onRename,
  onDelete,
}: {
  entry: WorkspaceEntry;
  path: string;
  tenantId: string;
  mayEdit: boolean;
  onPath: (path: string) => void;
  onRename: (path: string) => void;
  onDelete: (path: string) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const { name, kind, bytes, modifiedAt, managed } = entry;
  const mayChange = mayEdit && managed === null;
  return (
    <li
      data-testid="entry"
      data-name={name}
      className="grid grid-cols-[minmax(0,1fr)_auto_2.5rem] items-center gap-x-3 ps-3 pe-1 sm:grid-cols-[minmax(0,1fr)_5rem_9rem_2.5rem]"
    >
      <span className="flex min-w-0 items-center gap-2.5">
        <EntryIcon name={name} kind={kind} />
        {kind === 'other' ? (
          <span className="min-w-0 truncate py-2.5 text-ink-soft" title={t('agentFiles.other')}>
            {name}
          </span>
        ) : (
          <button
            type="button"
            onClick={() => onPath(path)}
            className="min-w-0 truncate rounded-sm py-2.5 text-start hover:underline"
          >
            {name}
          </button>
        )}
        {managed && <Tag name={t('agentFiles.managedTag')} />}
        {kind === 'other' && <Tag name={t('agentFiles.otherTag')} />}
      </span>
      <span className="tabular text-end text-ink-faint text-sm max-sm:text-xs">
        {kind === 'file' ? format.bytes(bytes) : ''}
      </span>
      <span
        className="truncate text-end text-ink-faint text-sm max-sm:hidden"
        title={modifiedAt ? format.full(Date.parse(modifiedAt)) : undefined}
      >
        {modifiedAt ? format.ago(Date.parse(modifiedAt), now) : ''}
      </span>
      {kind === 'file' || mayChange ? (
        <Menu
          align="end"
          trigger={
            <Button kind="ghost" size="icon-sm" aria-label={t('agentFiles.actions', { name })}>
              <EllipsisVertical aria-hidden="true" />
            </Button>
          }
        >
          {kind === 'file' && (
            <MenuItem
              icon={<Download aria-hidden="true" />}
              onSelect={() => saveFile(fileAddress('downloadFile', { tenantId }, { path }), name)}
            >
              {t('agentFiles.download')}
            </MenuItem>
          )}
          {mayChange && (
            <>
              <MenuItem icon={<Pencil aria-hidden="true" />} onSelect={() => onRename(path)}>
                {t('agentFiles.rename')}
              </MenuItem>
              <MenuItem icon={<Trash2 aria-hidden="true" />} danger onSelect={() => onDelete(path)}>
                {t('agentFiles.delete')}
              </MenuItem>
            </>
          )}
        </Menu>
      ) : (
        <span />
      )}
    </li>
  );
}
