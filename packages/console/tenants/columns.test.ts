import { describe, expect, it } from 'vitest';
import { columns, hiddenColumnsOf } from './columns.ts';

describe('the columns of the table', () => {
  it('are at first those that an operator of a pool expects', () => {
    const hidden = hiddenColumnsOf(null);
    expect(columns.filter((column) => !hidden.includes(column))).toEqual([
      'id',
      'state',
      'group',
      'tags',
      'cpus',
      'memory',
      'disk',
      'address',
      'port',
      'image',
      'health',
      'gateway',
    ]);
  });

  it('are those that were left, and a column that is not known any more is no obstacle', () => {
    expect(hiddenColumnsOf('port,id,shoe-size')).toEqual(['id', 'port']);
    expect(hiddenColumnsOf('')).toEqual([]);
  });
});
