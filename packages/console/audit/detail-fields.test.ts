import { describe, expect, it } from 'vitest';
import { detailFields } from './detail-fields.ts';

describe('the detail of an audit event', () => {
  it('lists plain values and lists of them', () => {
    expect(detailFields({ tool: 'exec', stage: 'response', offered: false, tools: ['a', 'b'], turn: null })).toEqual({
      fields: [
        ['tool', 'exec'],
        ['stage', 'response'],
        ['offered', 'false'],
        ['tools', 'a, b'],
        ['turn', 'null'],
      ],
      nested: null,
    });
  });

  it('shows what has structure of its own as JSON', () => {
    expect(detailFields({ change: { from: 1, to: [{ a: 2 }] }, by: 'x' })).toEqual({
      fields: [['by', 'x']],
      nested: JSON.stringify({ change: { from: 1, to: [{ a: 2 }] } }, null, 2),
    });
  });

  it('is empty for an event without any', () => {
    expect(detailFields({})).toEqual({ fields: [], nested: null });
  });
});
