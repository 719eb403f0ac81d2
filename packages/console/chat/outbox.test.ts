import { describe, expect, it } from 'vitest';
import { type OutboxAction, type Outgoing, outboxReducer, parseOutbox } from './outbox.ts';

const after = (...actions: OutboxAction[]) => actions.reduce<readonly Outgoing[]>(outboxReducer, []);
const send = (clientMessageId: string, text = 'Hello', conversationId: string | null = 'c1'): OutboxAction => ({
  type: 'send',
  message: { clientMessageId, conversationId, tenantId: null, text, attachments: [] },
});
const problem = { code: 'unreachable' } as const;

describe('a message on its way', () => {
  it('is there at once, as sending', () => {
    expect(after(send('m1'))).toMatchObject([{ clientMessageId: 'm1', state: 'sending' }]);
  });

  it('stays with its reason when it could not be sent, and keeps its key when it is sent again', () => {
    const failed: OutboxAction = { type: 'failed', clientMessageId: 'm1', problem };
    expect(after(send('m1'), failed)).toMatchObject([{ state: 'failed', problem }]);
    expect(after(send('m1'), failed, { type: 'again', clientMessageId: 'm1' })).toMatchObject([
      { clientMessageId: 'm1', state: 'sending', problem: null },
    ]);
  });

  it('goes when the stream brings it, and only one of two with the same text', () => {
    const outbox = after(send('m1', 'yes '), send('m2', 'yes'), {
      type: 'arrived',
      conversationId: 'c1',
      text: 'yes',
      attachments: [],
    });
    expect(outbox.map(({ clientMessageId }) => clientMessageId)).toEqual(['m2']);
  });

  it('does not go because of the same text in another conversation', () => {
    expect(after(send('m1'), { type: 'arrived', conversationId: 'c2', text: 'Hello', attachments: [] })).toHaveLength(
      1,
    );
  });

  it('of files alone goes when the stream brings those files, not when it brings others', () => {
    const file = { id: 'a1', name: 'plan.pdf', mediaType: 'application/pdf', bytes: 10 };
    const outbox = after({
      type: 'send',
      message: { clientMessageId: 'm1', conversationId: 'c1', tenantId: null, text: '', attachments: [file] },
    });
    const arrived = (...ids: string[]): OutboxAction => ({
      type: 'arrived',
      conversationId: 'c1',
      text: '',
      attachments: ids.map((id) => ({ id })),
    });
    expect(outboxReducer(outbox, arrived('a2'))).toHaveLength(1);
    expect(outboxReducer(outbox, arrived('a1'))).toHaveLength(0);
  });

  it('moves to the conversation that it begins', () => {
    const outbox = after(send('m1', 'Hello', null), {
      type: 'addressed',
      clientMessageId: 'm1',
      conversationId: 'c7',
    });
    expect(outbox).toMatchObject([{ conversationId: 'c7' }]);
  });
});

describe('a stored outbox', () => {
  it('comes back as it was', () => {
    const outbox = after(send('m1'));
    expect(parseOutbox(JSON.stringify(outbox))).toEqual(outbox);
  });

  it('is empty when there is none, and leaves out what is not a message', () => {
    expect(parseOutbox(null)).toEqual([]);
    expect(parseOutbox('{broken')).toEqual([]);
    expect(parseOutbox('[null, 1, {"clientMessageId":"m"}]')).toEqual([]);
  });
});
