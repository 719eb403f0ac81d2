export type TreeMove = 'next' | 'previous' | 'first' | 'last' | 'parent' | 'toggle' | 'select';

/** What a key does on an item of a tree; null: nothing (https://www.w3.org/WAI/ARIA/apg/patterns/treeview/). `open` null: it is no folder. */
export function moveOf(key: string, { open, top }: { open: boolean | null; top: boolean }): TreeMove | null {
  switch (key) {
    case 'ArrowDown':
      return 'next';
    case 'ArrowUp':
      return 'previous';
    case 'Home':
      return 'first';
    case 'End':
      return 'last';
    case 'ArrowRight':
      return open === null ? null : open ? 'next' : 'toggle';
    case 'ArrowLeft':
      return top ? null : open === true ? 'toggle' : 'parent';
    case 'Enter':
    case ' ':
      return 'select';
    default:
      return null;
  }
}
