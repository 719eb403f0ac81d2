import type { ConfigTemplate } from '@clawpool/contracts';
import { Copy, Ellipsis, Eye, History, Lock, Pencil, Trash2 } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../design/button.tsx';
import { Menu, MenuItem, MenuLine } from '../design/menu.tsx';
import { useFormat, useNow } from '../format/use-format.ts';

export function TemplateRow({
  template,
  mayChange,
  onEdit,
  onDuplicate,
  onVersions,
  onDelete,
}: {
  template: ConfigTemplate;
  mayChange: boolean;
  onEdit: () => void;
  onDuplicate: () => void;
  onVersions: () => void;
  onDelete: () => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow(60_000);
  const updated = Date.parse(template.updatedAt);
  const mayEdit = mayChange && !template.readOnly;
  return (
    <li
      data-testid="template-row"
      data-template={template.name}
      className="relative grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 border-b px-4 py-3.5 transition-colors last:border-0 hover:bg-sunken sm:px-5 md:grid-cols-[minmax(0,1fr)_6rem_9rem_13rem_auto]"
    >
      <div className="min-w-0">
        <h2 className="flex flex-wrap items-center gap-x-2 gap-y-1">
          {/* The whole row is the target of a pointer; the keyboard has this button. */}
          <button
            type="button"
            onClick={onEdit}
            className="break-all text-start font-medium after:absolute after:inset-0 after:content-['']"
          >
            {template.name}
          </button>
          {template.readOnly && (
            <span className="inline-flex h-6 items-center gap-1 rounded-full bg-hover px-2.5 font-medium text-ink-soft text-xs">
              <Lock className="size-3" aria-hidden="true" />
              {t('templates.builtIn')}
            </span>
          )}
        </h2>
        {template.content.description && (
          <p className="mt-0.5 line-clamp-2 break-words text-ink-soft text-sm">{template.content.description}</p>
        )}
      </div>
      <div className="tabular flex flex-wrap gap-x-4 gap-y-0.5 text-ink-soft text-sm max-md:order-3 max-md:col-span-2 md:contents">
        <span>{t('templates.version', { version: template.version })}</span>
        <span>{t('templates.usedBy', { count: template.tenants })}</span>
        <span className="text-ink-faint max-md:w-full">
          <time dateTime={template.updatedAt} title={format.full(updated)}>
            {format.ago(updated, now)}
          </time>
          <span className="truncate text-xs max-md:ms-2 md:block">{template.updatedBy}</span>
        </span>
      </div>
      <div className="relative max-md:order-2">
        <Menu
          align="end"
          trigger={
            <Button
              kind="ghost"
              size="icon"
              aria-label={t('templates.actions', { name: template.name })}
              data-testid="template-actions"
            >
              <Ellipsis aria-hidden="true" />
            </Button>
          }
        >
          <MenuItem icon={mayEdit ? <Pencil /> : <Eye />} onSelect={onEdit}>
            {mayEdit ? t('templates.edit') : t('templates.view')}
          </MenuItem>
          <MenuItem icon={<History />} onSelect={onVersions}>
            {t('templates.versions')}
          </MenuItem>
          {mayChange && (
            <MenuItem icon={<Copy />} onSelect={onDuplicate}>
              {t('templates.duplicate')}
            </MenuItem>
          )}
          {mayEdit && (
            <>
              <MenuLine />
              <MenuItem icon={<Trash2 />} onSelect={onDelete}>
                {t('templates.delete')}
              </MenuItem>
            </>
          )}
        </Menu>
      </div>
    </li>
  );
}
