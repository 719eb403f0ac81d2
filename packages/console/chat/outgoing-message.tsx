import { CircleAlert } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useProblem } from '../api/use-problem.ts';
import { Button } from '../design/button.tsx';
import { Attachments } from './attachments.tsx';
import { PersonBubble } from './messages.tsx';
import type { Outgoing } from './outbox.ts';

/** A message that the server does not have yet. It never disappears without the person having a say. */
export function OutgoingMessage({
  message,
  onAgain,
  onDiscard,
  onEdit,
}: {
  message: Outgoing;
  onAgain: () => void;
  onDiscard: () => void;
  onEdit: () => void;
}) {
  const { t } = useTranslation();
  const problem = useProblem();
  const words = message.problem && problem(message.problem);
  return (
    <div className="flex animate-appear flex-col items-end gap-2">
      {message.text !== '' && (
        <PersonBubble className={words ? 'ring-1 ring-bad-line' : undefined}>
          <span className="sr-only">{t('chat.you')}: </span>
          {message.text}
        </PersonBubble>
      )}
      <Attachments conversationId={null} attachments={message.attachments} className="justify-end" />
      {words ? (
        <div role="alert" className="max-w-[85%] text-end text-sm">
          <p className="text-bad-ink">
            <CircleAlert className="me-1.5 inline size-4 align-[-0.2em]" aria-hidden="true" />
            <span className="font-medium">{t('chat.notSent')}</span> {words.title} {words.detail}
          </p>
          <div className="mt-1.5 flex flex-wrap justify-end gap-1">
            <Button size="sm" kind="ghost" onClick={onDiscard}>
              {t('chat.discard')}
            </Button>
            <Button size="sm" kind="ghost" onClick={onEdit}>
              {t('chat.edit')}
            </Button>
            <Button size="sm" onClick={onAgain}>
              {t('common.tryAgain')}
            </Button>
          </div>
        </div>
      ) : (
        <p className="text-ink-faint text-xs">{t('chat.sending')}</p>
      )}
    </div>
  );
}
