import { attachmentLimits } from '@clawpool/contracts';
import { describe, expect, it } from 'vitest';
import { type ChosenFile, sortOut, type TrayAction, trayReducer } from './file-tray.ts';

const file = (key: string, conversationId: string | null = null): ChosenFile => ({
  key,
  conversationId,
  name: `${key}.txt`,
  mediaType: 'text/plain',
  bytes: 10,
  sentBytes: 0,
  attachment: null,
  problem: null,
});
const after = (...actions: TrayAction[]) => actions.reduce<readonly ChosenFile[]>(trayReducer, []);
const sized = (name: string, size: number) => ({ name, size });

describe('files that were chosen', () => {
  it('move to the conversation that is made for them, and only they', () => {
    const tray = after(
      { type: 'add', files: [file('a'), file('b', 'c1')] },
      { type: 'addressed', conversationId: 'c7' },
    );
    expect(tray.map(({ conversationId }) => conversationId)).toEqual(['c7', 'c1']);
  });

  it('begin again from nothing after a failure', () => {
    const failed: TrayAction[] = [
      { type: 'add', files: [file('a')] },
      { type: 'sent', key: 'a', bytes: 7 },
      { type: 'failed', key: 'a', problem: { code: 'unreachable' } },
    ];
    expect(after(...failed)).toMatchObject([{ sentBytes: 0, problem: { code: 'unreachable' } }]);
    expect(after(...failed, { type: 'again', key: 'a' })).toMatchObject([{ sentBytes: 0, problem: null }]);
  });

  it('go when they are removed', () => {
    const tray = after({ type: 'add', files: [file('a'), file('b')] }, { type: 'remove', keys: ['a'] });
    expect(tray.map(({ key }) => key)).toEqual(['b']);
  });
});

describe('what the server would refuse', () => {
  it('is told before it is sent: empty files, too large ones, and those beyond the number', () => {
    const files = [
      sized('empty', 0),
      sized('large', attachmentLimits.bytes + 1),
      sized('largest', attachmentLimits.bytes),
      sized('last', 1),
      sized('beyond', 1),
    ];
    const { admitted, refused } = sortOut(files, attachmentLimits.perMessage - 2);
    expect(admitted.map(({ name }) => name)).toEqual(['largest', 'last']);
    expect(refused).toEqual([
      { name: 'empty', why: 'empty' },
      { name: 'large', why: 'too_large' },
      { name: 'beyond', why: 'too_many' },
    ]);
  });
});
