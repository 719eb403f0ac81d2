import { describe, expect, it } from 'vitest';
import { emptySettings, formOf, saysNothing, settingsOf } from './settings-form.ts';

const settings = {
  model: 'demo/demo',
  contextWindow: 64_000,
  maxOutputTokens: 2_048,
  compaction: 'safeguard',
  responseLanguage: '中文',
} as const;

describe('the form of an agent’s settings', () => {
  it('gives back what it was filled with', () => {
    expect(settingsOf(formOf(settings))).toEqual(settings);
  });

  it('leaves to others what is empty', () => {
    expect(settingsOf(formOf(emptySettings))).toEqual(emptySettings);
    expect(saysNothing(emptySettings)).toBe(true);
    expect(saysNothing({ ...emptySettings, responseLanguage: 'Deutsch' })).toBe(false);
  });

  it.each([
    { contextWindow: '7999' },
    { contextWindow: '64000.5' },
    { maxOutputTokens: 'many' },
    { responseLanguage: 'x' },
  ])('takes nothing that the server would refuse: %o', (wrong) => {
    expect(settingsOf({ ...formOf(settings), ...wrong })).toBeNull();
  });
});
