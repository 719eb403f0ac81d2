import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

/** Several views of one thing. Arrow keys go along the tabs; only the chosen view exists. */
export function Tabs<Value extends string>({
  label,
  value,
  onValue,
  tabs,
  children,
}: {
  label: string;
  value: Value;
  onValue: (value: Value) => void;
  tabs: readonly { value: Value; label: string }[];
  /** One `TabPanel` per tab. */
  children: ReactNode;
}) {
  return (
    <Radix.Root
      value={value}
      onValueChange={(next) => {
        const tab = tabs.find((candidate) => candidate.value === next);
        if (tab) onValue(tab.value);
      }}
    >
      <Radix.List aria-label={label} className="-mx-1 flex gap-1 overflow-x-auto border-b px-1">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            className="-mb-px h-10 shrink-0 whitespace-nowrap border-transparent border-b-2 px-3 text-ink-soft text-sm -outline-offset-2 transition-colors hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {children}
    </Radix.Root>
  );
}

export function TabPanel({ value, children }: { value: string; children: ReactNode }) {
  return (
    <Radix.Content value={value} className="pt-5 outline-none">
      {children}
    </Radix.Content>
  );
}
