import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type FormEvent, type ReactNode, type RefObject, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './button.tsx';
import { classNames } from './class-names.ts';
import { MenuContainer } from './menu.tsx';

const widths = { sm: 'sm:max-w-md', md: 'sm:max-w-xl', lg: 'sm:max-w-3xl' } as const;

/**
 * A dialog over the page; a sheet from below on phones. Keyboard and screen readers stay inside until it closes, with Escape,
 * its cross, a click beside it, or by `onClose` not being answered with `open={false}`. With `onSubmit` it is a form.
 */
export function Dialog({
  open,
  onClose,
  title,
  description,
  size = 'md',
  role = 'dialog',
  onSubmit,
  footer,
  firstFocus,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  description?: ReactNode;
  size?: keyof typeof widths;
  role?: 'dialog' | 'alertdialog';
  onSubmit?: (() => void) | undefined;
  /** Buttons, the safe one first. */
  footer?: ReactNode;
  /** Where the keyboard begins; on the first field unless given. */
  firstFocus?: RefObject<HTMLElement | null>;
  children?: ReactNode;
}) {
  const { t } = useTranslation();
  const opener = useRef<Element>(null);
  const [container, setContainer] = useState<HTMLElement | null>(null);
  const Frame = onSubmit ? 'form' : 'div';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A form in a portal is still a child of whatever form stands around it in React.
    event.stopPropagation();
    onSubmit?.();
  };
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-fade bg-(--backdrop)" />
        <Radix.Content
          ref={setContainer}
          role={role}
          onOpenAutoFocus={(event) => {
            opener.current = document.activeElement;
            if (!firstFocus?.current) return;
            event.preventDefault();
            firstFocus.current.focus();
          }}
          onCloseAutoFocus={(event) => {
            // Radix leads back to a trigger of its own only.
            event.preventDefault();
            if (opener.current instanceof HTMLElement) opener.current.focus();
          }}
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={classNames(
            'fixed inset-x-0 bottom-0 z-40 flex max-h-[92dvh] animate-appear flex-col rounded-t-xl border border-line bg-surface shadow-floating outline-none',
            'sm:top-1/2 sm:bottom-auto sm:mx-auto sm:max-h-[min(88dvh,52rem)] sm:w-[calc(100vw-3rem)] sm:-translate-y-1/2 sm:rounded-xl',
            widths[size],
          )}
        >
          <MenuContainer value={container}>
            <Frame
              {...(onSubmit ? { onSubmit: submit, noValidate: true } : {})}
              className="flex min-h-0 flex-1 flex-col"
            >
              <div className="shrink-0 px-5 pt-5 pb-3 pe-14">
                <Radix.Title className="font-semibold text-lg leading-6">{title}</Radix.Title>
                {description && (
                  <Radix.Description asChild>
                    <div className="mt-1 text-ink-soft text-sm">{description}</div>
                  </Radix.Description>
                )}
              </div>
              <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-1 pb-5">{children}</div>
              {footer && (
                <div className="flex shrink-0 flex-wrap justify-end gap-2 border-t px-5 py-3.5 pb-[max(0.875rem,env(safe-area-inset-bottom))]">
                  {footer}
                </div>
              )}
            </Frame>
            <Radix.Close asChild>
              <Button kind="ghost" size="icon-sm" aria-label={t('common.close')} className="absolute end-3 top-4">
                <X aria-hidden="true" />
              </Button>
            </Radix.Close>
          </MenuContainer>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Asks before something is done that cannot simply be undone. The keyboard begins on the way out. */
export function ConfirmDialog({
  open,
  onClose,
  title,
  children,
  confirm,
  danger = false,
  pending = false,
  disabled = false,
  onConfirm,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What will happen, and what went wrong when it did. */
  children?: ReactNode;
  /** The verb: "Delete", never "OK". */
  confirm: string;
  danger?: boolean;
  pending?: boolean;
  disabled?: boolean;
  onConfirm: () => void;
}) {
  const { t } = useTranslation();
  const wayOut = useRef<HTMLButtonElement>(null);
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={title}
      firstFocus={wayOut}
      size="sm"
      role="alertdialog"
      onSubmit={onConfirm}
      footer={
        <>
          <Button ref={wayOut} onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button type="submit" kind={danger ? 'danger' : 'primary'} disabled={pending || disabled}>
            {confirm}
          </Button>
        </>
      }
    >
      <div className="grid gap-3 text-ink-soft">{children}</div>
    </Dialog>
  );
}
