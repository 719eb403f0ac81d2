import type { ConfigTemplateContent } from '@clawpool/contracts';
import { expect, test } from 'vitest';
import { defaultContent } from '../../pool/templates/template.ts';
import { effectiveSettings, modelChoiceOf, type SettingSource, settingSources } from './agent-settings.ts';

const installation = { id: 'demo/demo', contextWindow: 128_000, maxOutputTokens: 8_192 };
const of = (from: SettingSource['from'], settings: SettingSource['settings']): SettingSource => ({
  ...{ from, name: `the ${from}`, settings },
});
const template: ConfigTemplateContent = { ...defaultContent, model: 'of/template', contextWindow: 64_000 };
const tier = { tier: 'Engineering', tierModel: 'of/tier', configTemplate: 'lean', template };
const bare = { tier: 'Engineering', tierModel: null, configTemplate: null, template: null };

test('the narrowest that says something decides: person, position, template, tier, organization, installation', () => {
  const said = [
    of('organization', { model: 'of/organization', contextWindow: 1, maxOutputTokens: 2, compaction: 'default' }),
    of('employee', { model: 'of/employee' }),
    of('position', { model: 'of/position', responseLanguage: 'Deutsch' }),
  ];
  expect(effectiveSettings(settingSources(said, tier), installation)).toEqual({
    model: { value: 'of/employee', from: 'employee', fromName: 'the employee' },
    contextWindow: { value: 64_000, from: 'template', fromName: 'lean' },
    maxOutputTokens: { value: 2, from: 'organization', fromName: 'the organization' },
    compaction: { value: 'default', from: 'organization', fromName: 'the organization' },
    responseLanguage: { value: 'Deutsch', from: 'position', fromName: 'the position' },
  });
});

test.each([
  [[of('employee', { model: 'of/employee' }), of('position', { model: 'of/position' })], tier, 'of/employee'],
  [[of('position', { model: 'of/position' })], tier, 'of/position'],
  [[of('organization', { model: 'of/organization' })], tier, 'of/template'],
  [[of('organization', { model: 'of/organization' })], { ...tier, template: null }, 'of/tier'],
  [[of('organization', { model: 'of/organization' })], bare, 'of/organization'],
  [[], bare, 'demo/demo'],
] as const)('of %j and %j the model is the narrowest one’s', (overrides, others, model) => {
  expect(effectiveSettings(settingSources(overrides, others), installation).model.value).toBe(model);
});

test('what nobody says is the installation’s; conversations are shortened as OpenClaw does by itself', () => {
  const settings = effectiveSettings(settingSources([], bare), installation);
  expect(Object.values(settings).every(({ from }) => from === 'installation')).toBe(true);
  expect(modelChoiceOf(settings)).toEqual({ ...installation, compaction: 'safeguard' });
});

test('null says nothing', () => {
  const said = [of('employee', { model: null, responseLanguage: null }), of('position', { model: 'of/position' })];
  expect(effectiveSettings(settingSources(said, bare), installation)).toMatchObject({
    model: { value: 'of/position' },
    responseLanguage: { value: null, from: 'installation' },
  });
});
