import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { Toast as Radix } from 'radix-ui';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './button.tsx';

export interface Toast {
  tone: 'good' | 'bad';
  title: string;
  detail?: string | undefined;
}

/** More than these would hide the page; the oldest goes first. */
const atMost = 3;

let toasts: readonly (Toast & { id: number })[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

/** Says in a corner that something was done, or that it was not. Errors that belong to a dialog or a field are told there. */
export function showToast(toast: Toast): void {
  toasts = [...toasts, { ...toast, id: nextId++ }].slice(-atMost);
  tell();
}

function remove(id: number): void {
  toasts = toasts.filter((toast) => toast.id !== id);
  tell();
}

function tell(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Stands once in the shell. F8 leads the keyboard to the toasts. Bad news stays longer. */
export function Toasts() {
  const { t } = useTranslation();
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <Radix.Provider label={t('common.notification')} swipeDirection="right">
      {shown.map((toast) => (
        <Radix.Root
          key={toast.id}
          duration={toast.tone === 'bad' ? 12_000 : 5_000}
          type={toast.tone === 'bad' ? 'foreground' : 'background'}
          onOpenChange={(open) => !open && remove(toast.id)}
          data-testid="toast"
          data-tone={toast.tone}
          className="flex animate-appear items-start gap-3 rounded-lg border border-line-strong bg-surface p-3.5 pe-2 text-sm shadow-floating"
        >
          {toast.tone === 'bad' ? (
            <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad-ink" aria-hidden="true" />
          ) : (
            <CircleCheck className="mt-0.5 size-4 shrink-0 text-good-ink" aria-hidden="true" />
          )}
          <div className="min-w-0 flex-1">
            <Radix.Title className="font-medium">{toast.title}</Radix.Title>
            {toast.detail && (
              <Radix.Description className="mt-0.5 break-words text-ink-soft">{toast.detail}</Radix.Description>
            )}
          </div>
          <Radix.Close asChild>
            <Button kind="ghost" size="icon-sm" className="-my-1.5" aria-label={t('common.close')}>
              <X aria-hidden="true" />
            </Button>
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport
        label={t('common.notifications')}
        className="fixed end-0 bottom-0 z-50 flex w-full max-w-sm flex-col gap-2 p-4 pb-[max(1rem,env(safe-area-inset-bottom))] outline-none"
      />
    </Radix.Provider>
  );
}
