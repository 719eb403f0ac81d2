import { Popover } from 'radix-ui';
import type { ReactNode } from 'react';

/** A small panel of text that opens beside its trigger. */
export function Explanation({ trigger, title, children }: { trigger: ReactNode; title: string; children: ReactNode }) {
  return (
    <Popover.Root>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={8}
          collisionPadding={12}
          aria-label={title}
          className="z-50 max-h-(--radix-popover-content-available-height) w-80 max-w-[calc(100vw-1.5rem)] animate-appear overflow-y-auto rounded-lg border border-line bg-surface p-4 text-ink-soft text-sm shadow-floating outline-none"
        >
          <p className="mb-2 font-semibold text-base text-ink">{title}</p>
          {children}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
