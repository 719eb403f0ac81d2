import type { Checkpoint } from '@clawpool/contracts';
import {
  Archive,
  ArchiveX,
  Download,
  Ellipsis,
  Pencil,
  Pin,
  PinOff,
  RotateCcw,
  ShieldCheck,
  Trash2,
} from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { Menu, MenuItem, MenuLine } from '../design/menu.tsx';
import { useFormat } from '../format/use-format.ts';
import { exportBackup } from './backup-file.ts';
import { useCheckpointChanges } from './use-checkpoint-changes.ts';

/** What needs a dialog. */
export type CheckpointAction = 'restore' | 'note' | 'verify' | 'delete';

export function CheckpointRow({
  checkpoint,
  now,
  mayChange,
  onAction,
}: {
  checkpoint: Checkpoint;
  now: number;
  mayChange: boolean;
  onAction: (action: CheckpointAction, checkpoint: Checkpoint) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const created = Date.parse(checkpoint.createdAt);
  return (
    <li
      data-testid="checkpoint-row"
      data-checkpoint={checkpoint.id}
      data-pinned={checkpoint.pinned}
      className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-x-4 gap-y-1 border-b py-3 ps-4 pe-3 text-sm last:border-0 md:ps-11 md:grid-cols-[11rem_minmax(0,1fr)_9rem_10rem_auto]"
    >
      <div>
        <time dateTime={checkpoint.createdAt} title={format.full(created)} className="font-medium">
          {format.ago(created, now)}
        </time>
        <span className="block text-ink-faint text-xs">{t(`checkpoints.cause.${checkpoint.cause}`)}</span>
      </div>
      <div className="min-w-0 max-md:order-3 max-md:col-span-2">
        <div className="flex flex-wrap gap-1.5 empty:hidden">
          {checkpoint.backup && <Mark icon={<Archive />} label={t('backups.backup')} />}
          {checkpoint.pinned && <Mark icon={<Pin />} label={t('backups.pinned')} />}
        </div>
        {checkpoint.note && <p className="mt-1 break-words first:mt-0">{checkpoint.note}</p>}
      </div>
      <div className="tabular max-md:order-4 max-md:col-span-2">
        {format.bytes(checkpoint.bytes)}
        <span className="text-ink-faint text-xs max-md:ms-2 md:block">
          {t('backups.files', { count: checkpoint.files, added: format.bytes(checkpoint.storedBytes) })}
        </span>
        {checkpoint.skipped > 0 && (
          <span className="block text-warn-ink text-xs">{t('backups.skipped', { count: checkpoint.skipped })}</span>
        )}
      </div>
      <span className="text-ink-faint text-xs leading-5 max-md:order-5 max-md:col-span-2">
        {checkpoint.expiresAt
          ? t('backups.keptUntil', { date: format.date(Date.parse(checkpoint.expiresAt)) })
          : t(checkpoint.pinned ? 'backups.keptPinned' : 'backups.keptNewest')}
      </span>
      <CheckpointMenu
        checkpoint={checkpoint}
        created={format.full(created)}
        mayChange={mayChange}
        onAction={onAction}
      />
    </li>
  );
}

function CheckpointMenu({
  checkpoint,
  created,
  mayChange,
  onAction,
}: {
  checkpoint: Checkpoint;
  created: string;
  mayChange: boolean;
  onAction: (action: CheckpointAction, checkpoint: Checkpoint) => void;
}) {
  const { t } = useTranslation();
  const { setPinned, setBackup } = useCheckpointChanges();
  if (!mayChange) return null;
  const { pinned, backup } = checkpoint;
  return (
    <div className="-my-1 max-md:order-2">
      <Menu
        align="end"
        trigger={
          <Button
            kind="ghost"
            size="icon-sm"
            data-testid="checkpoint-actions"
            aria-label={t('backups.actions', { name: checkpoint.tenantName, when: created })}
          >
            <Ellipsis aria-hidden="true" />
          </Button>
        }
      >
        <MenuItem icon={<RotateCcw />} onSelect={() => onAction('restore', checkpoint)}>
          {t('backups.restore')}
        </MenuItem>
        <MenuItem icon={<ShieldCheck />} onSelect={() => onAction('verify', checkpoint)}>
          {t('backups.verify')}
        </MenuItem>
        <MenuItem icon={<Download />} onSelect={() => exportBackup(checkpoint.id)}>
          {t('backups.export')}
        </MenuItem>
        <MenuLine />
        <MenuItem icon={pinned ? <PinOff /> : <Pin />} onSelect={() => setPinned(checkpoint, !pinned)}>
          {t(pinned ? 'backups.unpin' : 'backups.pin')}
        </MenuItem>
        <MenuItem icon={backup ? <ArchiveX /> : <Archive />} onSelect={() => setBackup(checkpoint, !backup)}>
          {t(backup ? 'backups.unkeep' : 'backups.keep')}
        </MenuItem>
        <MenuItem icon={<Pencil />} onSelect={() => onAction('note', checkpoint)}>
          {t('backups.editNote')}
        </MenuItem>
        <MenuLine />
        <MenuItem icon={<Trash2 />} onSelect={() => onAction('delete', checkpoint)}>
          {t('backups.delete')}
        </MenuItem>
      </Menu>
    </div>
  );
}

function Mark({ icon, label }: { icon: React.ReactNode; label: string }) {
  return (
    <span className="inline-flex h-6 items-center gap-1 rounded-full bg-hover px-2.5 font-medium text-ink-soft text-xs [&_svg]:size-3">
      {icon}
      {label}
    </span>
  );
}
