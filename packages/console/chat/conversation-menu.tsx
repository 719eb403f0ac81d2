import type { Conversation } from '@clawpool/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { Braces, Ellipsis, FileText, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../api/api.ts';
import { fileAddress, saveFile } from '../api/files.ts';
import { ProblemNotice } from '../api/problem-notice.tsx';
import { conversationsQuery } from '../api/queries.ts';
import { Button } from '../design/button.tsx';
import { ConfirmDialog, Dialog } from '../design/dialog.tsx';
import { InputField } from '../design/form-fields.tsx';
import { Menu, MenuItem, MenuLine } from '../design/menu.tsx';
import { showToast } from '../design/toast.tsx';
import { forgetThread } from './use-conversation.ts';

/** What a person can do with a conversation as a whole. */
export function ConversationMenu({
  conversation,
  size = 'icon',
  className,
}: {
  conversation: Conversation;
  size?: 'icon' | 'icon-sm';
  className?: string;
}) {
  const { t } = useTranslation();
  const [dialog, setDialog] = useState<'rename' | 'delete' | null>(null);
  const close = () => setDialog(null);
  const params = { conversationId: conversation.id };
  return (
    <>
      <Menu
        align="end"
        trigger={
          <Button
            kind="ghost"
            size={size}
            className={className}
            aria-label={t('conversations.actions', { title: conversation.title || t('chat.untitled') })}
          >
            <Ellipsis aria-hidden="true" />
          </Button>
        }
      >
        <MenuItem icon={<Pencil />} onSelect={() => setDialog('rename')}>
          {t('conversations.rename')}
        </MenuItem>
        <MenuLine />
        <MenuItem icon={<FileText />} onSelect={() => saveFile(fileAddress('exportConversation', params))}>
          {t('conversations.exportMarkdown')}
        </MenuItem>
        <MenuItem icon={<Braces />} onSelect={() => saveFile(fileAddress('exportConversationJson', params))}>
          {t('conversations.exportJson')}
        </MenuItem>
        <MenuLine />
        <MenuItem icon={<Trash2 />} danger onSelect={() => setDialog('delete')}>
          {t('conversations.delete')}
        </MenuItem>
      </Menu>
      {dialog === 'rename' && <RenameDialog conversation={conversation} onClose={close} />}
      {dialog === 'delete' && <DeleteDialog conversation={conversation} onClose={close} />}
    </>
  );
}

interface DialogProps {
  conversation: Conversation;
  onClose: () => void;
}

function RenameDialog({ conversation, onClose }: DialogProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [title, setTitle] = useState(conversation.title);
  const wanted = title.trim();
  const rename = useMutation({
    mutationFn: () =>
      api.call('renameConversation', { params: { conversationId: conversation.id }, body: { title: wanted } }),
    onSuccess: onClose,
    onSettled: () => queryClient.invalidateQueries(conversationsQuery),
  });
  return (
    <Dialog
      open
      onClose={onClose}
      size="sm"
      title={t('conversations.renameTitle')}
      onSubmit={() => wanted !== '' && rename.mutate()}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" kind="primary" disabled={rename.isPending || wanted === ''}>
            {t('common.save')}
          </Button>
        </>
      }
    >
      <div className="grid gap-3">
        <InputField
          label={t('conversations.name')}
          value={title}
          maxLength={120}
          onChange={(event) => setTitle(event.target.value)}
        />
        <ProblemNotice error={rename.error} />
      </div>
    </Dialog>
  );
}

function DeleteDialog({ conversation, onClose }: DialogProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const { conversationId: open } = useParams({ strict: false });
  const remove = useMutation({
    mutationFn: () => api.call('deleteConversation', { params: { conversationId: conversation.id } }),
    onSuccess: async () => {
      onClose();
      showToast({ tone: 'good', title: t('conversations.deleted') });
      // Off the page first: what it shows is gone.
      if (open === conversation.id) {
        await navigate({ to: '/chat/{-$conversationId}', params: { conversationId: undefined } });
      }
      forgetThread(queryClient, conversation.id);
    },
    onSettled: () => queryClient.invalidateQueries(conversationsQuery),
  });
  return (
    <ConfirmDialog
      open
      onClose={onClose}
      title={t('conversations.deleteTitle', { title: conversation.title || t('chat.untitled') })}
      confirm={t('conversations.delete')}
      danger
      pending={remove.isPending}
      onConfirm={() => remove.mutate()}
    >
      <p>{t('conversations.deleteText')}</p>
      <ProblemNotice error={remove.error} />
    </ConfirmDialog>
  );
}
