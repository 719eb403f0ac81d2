import { describe, expect, it } from 'vitest';
import { passwordsAsText, textOfFile } from './people-file.ts';

describe('a file of people', () => {
  const utf8 = new TextEncoder();

  it('is read as UTF-8, with a mark in front or without', () => {
    expect(textOfFile(utf8.encode('name\n张伟'))).toBe('name\n张伟');
    expect(textOfFile(new Uint8Array([0xef, 0xbb, 0xbf, ...utf8.encode('name')]))).toBe('name');
  });

  it('is read as GB 18030, which Chinese spreadsheets write, when it is no UTF-8', () => {
    expect(textOfFile(new Uint8Array([0xd5, 0xc5, 0xce, 0xb0]))).toBe('张伟');
  });

  it('is read as UTF-16 when its mark says so', () => {
    expect(textOfFile(new Uint8Array([0xff, 0xfe, 0x41, 0x00]))).toBe('A');
    expect(textOfFile(new Uint8Array([0xfe, 0xff, 0x00, 0x41]))).toBe('A');
  });

  it('is no text when it is a workbook', () => {
    expect(textOfFile(new Uint8Array([0x50, 0x4b, 0x03, 0x04]))).toBeNull();
    expect(textOfFile(new Uint8Array([0x00, 0xff, 0x00]))).toBeNull();
  });
});

it('first passwords are written as a file', () => {
  expect(passwordsAsText([{ email: 'a@acme.example', password: 'one two' }])).toBe(
    'email,password\na@acme.example,one two',
  );
});
