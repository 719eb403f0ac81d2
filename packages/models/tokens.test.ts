import { beforeEach, describe, expect, it } from 'vitest';
import type { GatewayTokens } from './tokens.ts';
import { createRuntimeTokens } from './tokens.ts';

describe("a runtime's token", () => {
  let time = 0;
  let tokens: GatewayTokens;
  beforeEach(() => {
    time = 1_000;
    tokens = createRuntimeTokens({ now: () => time, lifetimeMs: 100 });
  });

  it('holds 256 random bits and is never issued twice', () => {
    const issued = new Set(Array.from({ length: 50 }, () => tokens.issue('a', 1)));
    expect(issued.size).toBe(50);
    const bits = [...issued].map((token) => Buffer.from(token.replace(/^cpt_/, ''), 'base64url').length * 8);
    expect(Math.min(...bits)).toBe(256);
  });

  it('is accepted for its own tenant only', () => {
    const token = tokens.issue('a', 1);
    tokens.issue('b', 1);
    expect(tokens.accepts('a', token)).toBe(true);
    expect(tokens.accepts('b', token)).toBe(false);
    expect(tokens.accepts('a', '')).toBe(false);
  });

  it('stops being accepted when its generation is revoked, and the next generation is not affected', () => {
    const old = tokens.issue('a', 1);
    const next = tokens.issue('a', 2);
    tokens.revoke('a', 1);
    expect(tokens.accepts('a', old)).toBe(false);
    expect(tokens.accepts('a', next)).toBe(true);
  });

  it('replaces the one that the same generation had before', () => {
    const before = tokens.issue('a', 1);
    const after = tokens.issue('a', 1);
    expect(tokens.accepts('a', before)).toBe(false);
    expect(tokens.accepts('a', after)).toBe(true);
  });

  it('expires when it is not used, and lives on while it is', () => {
    const token = tokens.issue('a', 1);
    time += 99;
    expect(tokens.accepts('a', token)).toBe(true);
    time += 99;
    expect(tokens.accepts('a', token)).toBe(true);
    time += 100;
    expect(tokens.accepts('a', token)).toBe(false);
  });

  it('can be renewed for a runtime that has nothing to ask, but not once it has expired', () => {
    const token = tokens.issue('a', 1);
    time += 99;
    tokens.renew('a', 1);
    time += 99;
    expect(tokens.accepts('a', token)).toBe(true);
    time += 100;
    tokens.renew('a', 1);
    expect(tokens.accepts('a', token)).toBe(false);
  });

  describe('that is reserved for a warm slot', () => {
    it('is accepted from nobody until it is bound, and then from that tenant only', () => {
      const reserved = tokens.reserve();
      tokens.issue('a', 1);
      expect(tokens.accepts('a', reserved.token)).toBe(false);
      reserved.bind('a', 2);
      expect(tokens.accepts('a', reserved.token)).toBe(true);
      expect(tokens.accepts('b', reserved.token)).toBe(false);
    });

    it('lives, from the binding on, as one that was issued: renewed, revoked, expired', () => {
      const [first, second] = [tokens.reserve(), tokens.reserve()];
      time += 1_000; // however long it waited
      first.bind('a', 1);
      second.bind('a', 2);
      time += 99;
      tokens.renew('a', 1);
      time += 99;
      expect(tokens.accepts('a', first.token)).toBe(true);
      expect(tokens.accepts('a', second.token)).toBe(false);
      tokens.revoke('a', 1);
      expect(tokens.accepts('a', first.token)).toBe(false);
    });

    it('cannot be bound a second time, nor after the slot ended', () => {
      const bound = tokens.reserve();
      bound.bind('a', 1);
      expect(() => bound.bind('b', 1)).toThrow('once');
      expect(tokens.accepts('b', bound.token)).toBe(false);
      const released = tokens.reserve();
      released.release();
      expect(() => released.bind('a', 3)).toThrow('released');
      expect(tokens.accepts('a', released.token)).toBe(false);
    });
  });
});
