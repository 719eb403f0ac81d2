import { Check } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { createContext, type ReactNode, useContext } from 'react';
import { classNames } from './class-names.ts';

const itemStyle =
  'flex h-9 cursor-pointer select-none items-center gap-2.5 rounded-sm px-2.5 text-sm text-ink outline-none data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-ink-faint';

/**
 * Where menus are put; the end of the page unless given. A menu inside a dialog must be inside it too: everything else on
 * the page cannot be reached while the dialog is open.
 */
export const MenuContainer = createContext<HTMLElement | null>(null);

/** `modal={false}`: the page behind stays as it is, and no style element is added, which the content security policy forbids. */
export function Menu({
  trigger,
  children,
  align = 'start',
  side = 'bottom',
}: {
  trigger: ReactNode;
  children: ReactNode;
  align?: 'start' | 'end';
  side?: 'top' | 'bottom';
}) {
  const container = useContext(MenuContainer);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal container={container}>
        <DropdownMenu.Content
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 min-w-56 animate-appear rounded-lg border border-line bg-surface p-1.5 shadow-floating"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export function MenuItem({
  icon,
  children,
  onSelect,
}: {
  icon?: ReactNode;
  children: ReactNode;
  onSelect: () => void;
}) {
  return (
    <DropdownMenu.Item className={itemStyle} onSelect={onSelect}>
      {icon}
      {children}
    </DropdownMenu.Item>
  );
}

/** One of several, chosen in place. */
export function MenuChoice<Value extends string>({
  label,
  value,
  onValue,
  options,
}: {
  label: string;
  value: Value;
  onValue: (value: Value) => void;
  options: readonly { value: Value; label: string; lang?: string }[];
}) {
  return (
    <DropdownMenu.RadioGroup
      aria-label={label}
      value={value}
      onValueChange={(next) => {
        const option = options.find((candidate) => candidate.value === next);
        if (option) onValue(option.value);
      }}
    >
      <DropdownMenu.Label className="px-2.5 pt-2 pb-1 font-medium text-ink-faint text-xs">{label}</DropdownMenu.Label>
      {options.map((option) => (
        <DropdownMenu.RadioItem key={option.value} value={option.value} lang={option.lang} className={itemStyle}>
          <span className="flex-1">{option.label}</span>
          <DropdownMenu.ItemIndicator>
            <Check aria-hidden="true" />
          </DropdownMenu.ItemIndicator>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

export function MenuLine({ className }: { className?: string }) {
  return <DropdownMenu.Separator className={classNames('-mx-1.5 my-1.5 h-px bg-line', className)} />;
}
