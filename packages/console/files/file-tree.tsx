import { useInfiniteQuery } from '@tanstack/react-query';
import { ChevronRight } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { classNames } from '../design/class-names.ts';
import { EntryIcon } from './entry-icon.tsx';
import { foldersAbove } from './paths.ts';
import { folderQuery } from './queries.ts';
import { moveOf } from './tree-keys.ts';

interface Tree {
  tenantId: string;
  selected: string;
  /** Where the keyboard enters the tree. */
  entrance: string;
  open: ReadonlySet<string>;
  onToggle: (path: string) => void;
  onSelect: (path: string) => void;
  onEntrance: (path: string) => void;
}

/** The workspace as a tree; arrows go along it, Enter shows (https://www.w3.org/WAI/ARIA/apg/patterns/treeview/). */
export function FileTree({
  tenantId,
  path,
  onPath,
}: {
  tenantId: string;
  path: string;
  onPath: (path: string) => void;
}) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(foldersAbove(path)));
  const [entrance, setEntrance] = useState<string | null>(null);
  const area = useRef<HTMLDivElement>(null);
  // What is chosen elsewhere is seen here.
  useEffect(() => {
    setOpen((before) => new Set([...before, ...foldersAbove(path)]));
  }, [path]);
  const toggle = (folder: string) =>
    setOpen(
      (before) => new Set(before.has(folder) ? [...before].filter((one) => one !== folder) : [...before, folder]),
    );
  const tree: Tree = {
    tenantId,
    selected: path,
    entrance: entrance ?? path,
    open,
    onToggle: toggle,
    onSelect: (chosen) => {
      if (chosen.endsWith('/')) setOpen((before) => new Set([...before, chosen]));
      onPath(chosen);
    },
    onEntrance: setEntrance,
  };
  return (
    <div
      ref={area}
      role="tree"
      aria-label={t('agentFiles.tree')}
      tabIndex={-1}
      onKeyDown={(event) => area.current && goAlong(event, area.current, tree)}
      className="p-2 outline-none"
    >
      <Item tree={tree} path="" name={t('agentFiles.root')} kind="folder" level={1} />
    </div>
  );
}

function Item({
  tree,
  path,
  name,
  kind,
  level,
}: {
  tree: Tree;
  path: string;
  name: string;
  kind: 'folder' | 'file' | 'other';
  level: number;
}) {
  const isOpen = path === '' || tree.open.has(path);
  const isFolder = kind === 'folder';
  const isSelected = tree.selected === path;
  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys of all its items */}
      <div
        role="treeitem"
        data-path={path}
        data-parent={level > 1 ? path.replace(/[^/]+\/?$/, '') : undefined}
        aria-level={level}
        aria-selected={isSelected}
        {...(isFolder ? { 'aria-expanded': isOpen } : {})}
        tabIndex={tree.entrance === path ? 0 : -1}
        onFocus={() => tree.onEntrance(path)}
        onClick={() => tree.onSelect(path)}
        style={{ paddingInlineStart: `${(level - 1) * 0.875 + 0.25}rem` }}
        className={classNames(
          '-outline-offset-2 flex h-8 cursor-pointer select-none items-center gap-1.5 rounded-md pe-2 text-sm',
          isSelected ? 'bg-pressed font-medium text-ink' : 'text-ink-soft hover:bg-hover hover:text-ink',
        )}
      >
        {isFolder && path !== '' ? (
          // biome-ignore lint/a11y/noStaticElementInteractions: for the mouse only; the arrows do the same
          // biome-ignore lint/a11y/useKeyWithClickEvents: as above
          <span
            className="grid size-5 shrink-0 place-items-center rounded-xs hover:bg-pressed"
            onClick={(event) => {
              event.stopPropagation();
              tree.onToggle(path);
            }}
          >
            <ChevronRight
              className={classNames('size-3.5 text-ink-faint transition-transform', isOpen && 'rotate-90')}
              aria-hidden="true"
            />
          </span>
        ) : (
          <span className={path === '' ? 'hidden' : 'w-5 shrink-0'} />
        )}
        <EntryIcon name={name} kind={kind} />
        <span className="min-w-0 truncate" title={name}>
          {name}
        </span>
      </div>
      {isFolder && isOpen && <Inside tree={tree} path={path} level={level + 1} />}
    </>
  );
}

function Inside({ tree, path, level }: { tree: Tree; path: string; level: number }) {
  const { data } = useInfiniteQuery(folderQuery(tree.tenantId, path));
  return data?.pages
    .flatMap((page) => page.entries)
    .map(({ name, kind }) => (
      <Item
        key={name}
        tree={tree}
        path={`${path}${name}${kind === 'folder' ? '/' : ''}`}
        name={name}
        kind={kind}
        level={level}
      />
    ));
}

function goAlong(event: KeyboardEvent, area: HTMLElement, tree: Tree): void {
  const items = [...area.querySelectorAll<HTMLElement>('[role="treeitem"]')];
  const item = (event.target as HTMLElement).closest<HTMLElement>('[role="treeitem"]');
  if (!item || event.ctrlKey || event.altKey || event.metaKey) return;
  const path = item.dataset.path ?? '';
  const expanded = item.getAttribute('aria-expanded');
  const move = moveOf(event.key, { open: expanded === null ? null : expanded === 'true', top: path === '' });
  if (move === null) return;
  event.preventDefault();
  if (move === 'toggle') tree.onToggle(path);
  else if (move === 'select') tree.onSelect(path);
  else {
    const at = items.indexOf(item);
    const parent = items.find((one) => one.dataset.path === item.dataset.parent);
    ({ next: items[at + 1], previous: items[at - 1], first: items[0], last: items.at(-1), parent })[move]?.focus();
  }
}
