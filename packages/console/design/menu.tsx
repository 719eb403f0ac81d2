import { Check } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { createContext, type ReactNode, type RefObject, useContext, useRef } from 'react';
import { classNames } from './class-names.ts';

const itemStyle =
  'flex h-9 cursor-pointer select-none items-center gap-2.5 rounded-sm px-2.5 text-sm text-ink outline-none data-highlighted:bg-hover [&_svg]:size-4 [&_svg]:text-ink-faint';

/**
 * Where menus are put; the end of the page unless given. A menu inside a dialog must be inside it too: everything else on
 * the page cannot be reached while the dialog is open.
 */
export const MenuContainer = createContext<HTMLElement | null>(null);

/** What was chosen, until the menu has closed and the keyboard is back on its trigger: a dialog that it opens leads back there. */
const Chosen = createContext<RefObject<(() => void) | null> | null>(null);

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
  const chosen = useRef<(() => void) | null>(null);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal container={container}>
        <DropdownMenu.Content
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          onCloseAutoFocus={() => {
            const run = chosen.current;
            chosen.current = null;
            if (run) setTimeout(run);
          }}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-56 animate-appear overflow-y-auto rounded-lg border border-line bg-surface p-1.5 shadow-floating"
        >
          <Chosen value={chosen}>{children}</Chosen>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export function MenuItem({
  icon,
  children,
  danger = false,
  onSelect,
}: {
  icon?: ReactNode;
  children: ReactNode;
  danger?: boolean;
  onSelect: () => void;
}) {
  const chosen = useContext(Chosen);
  return (
    <DropdownMenu.Item
      className={classNames(itemStyle, danger && 'text-bad-ink data-highlighted:bg-bad-soft [&_svg]:text-bad-ink')}
      onSelect={() => {
        if (chosen) chosen.current = onSelect;
      }}
    >
      {icon}
      {children}
    </DropdownMenu.Item>
  );
}

/** On or off, in place: the menu stays open for the next one. */
export function MenuCheck({
  children,
  checked,
  onChecked,
}: {
  children: ReactNode;
  checked: boolean;
  onChecked: (checked: boolean) => void;
}) {
  return (
    <DropdownMenu.CheckboxItem
      className={itemStyle}
      checked={checked}
      onCheckedChange={onChecked}
      onSelect={(event) => event.preventDefault()}
    >
      <span className="flex-1">{children}</span>
      <DropdownMenu.ItemIndicator>
        <Check aria-hidden="true" />
      </DropdownMenu.ItemIndicator>
    </DropdownMenu.CheckboxItem>
  );
}

/** Said, not chosen. */
export function MenuNote({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="max-w-64 px-2.5 py-1.5 text-ink-faint text-xs">{children}</DropdownMenu.Label>;
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
