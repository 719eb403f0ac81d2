import { describe, expect, it } from 'vitest';
import {
  given,
  hoursOrNone,
  instant,
  megabytes,
  numberOrNone,
  office,
  positiveNumber,
  tag,
  wholeNumber,
} from './values.ts';

describe('a size', () => {
  it.each([
    ['512', 512],
    ['512M', 512],
    ['512MiB', 512],
    ['2G', 2048],
    ['2gb', 2048],
  ])('%s is %d MiB', (text, size) => expect(megabytes(text)).toBe(size));
  it.each(['', 'G', '-1', '1.5G', '2T'])('%j is refused', (text) =>
    expect(() => megabytes(text)).toThrow('512M or 2G'),
  );
});

describe('office hours', () => {
  it('have days and a time zone, or the usual ones', () => {
    expect(office('09:00-18:00 mon,sun Asia/Shanghai')).toEqual({
      start: '09:00',
      stop: '18:00',
      days: ['mon', 'sun'],
      timezone: 'Asia/Shanghai',
    });
    expect(office('22:00-06:00')).toMatchObject({ timezone: 'UTC', days: ['mon', 'tue', 'wed', 'thu', 'fri'] });
    expect(given({ hours: office('none') })).toEqual({ hours: null });
  });
  it.each(['9-18', '25:00-26:00', '09:00', '09:00-18:00 Mars/Crater', '09:00-18:00 mon UTC more'])(
    '%j is refused',
    (text) => expect(() => office(text)).toThrow('It must look like'),
  );
});

it('collects tags, and refuses what is none', () => {
  expect(tag('team:blue', tag('cost:a:b'))).toEqual({ cost: 'a:b', team: 'blue' });
  for (const text of ['team', ':x', 'a b:c']) expect(() => tag(text)).toThrow('key:value');
});

it('takes numbers within their bounds only', () => {
  expect(wholeNumber(1, 5)('5')).toBe(5);
  expect(() => wholeNumber(1, 5)('6')).toThrow('from 1 to 5');
  expect(positiveNumber('0.5')).toBe(0.5);
  for (const text of ['0', '-1', 'x', '1e3']) expect(() => positiveNumber(text)).toThrow('greater than 0');
  expect(given({ a: hoursOrNone('none'), b: numberOrNone('none'), c: numberOrNone('0.5') })).toEqual({
    a: null,
    b: null,
    c: 0.5,
  });
});

it('takes times as ISO 8601', () => {
  expect(instant('2026-01-31T12:00:00Z')).toBe('2026-01-31T12:00:00.000Z');
  expect(() => instant('soon')).toThrow('2026-01-31');
});

it('leaves out what was not given, and keeps null', () => {
  expect(given({ a: 1, b: undefined, c: null })).toEqual({ a: 1, c: null });
});
