import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ReservedToken, RuntimeTokens } from '@clawpool/contracts';

/** An hour without a word from the host, which renews the tokens of living runtimes every ten minutes: it is gone, then. */
const defaultTokenLifetimeMs = 60 * 60 * 1000;

export interface GatewayTokens extends RuntimeTokens {
  /** Whether the token is a live one of this tenant. Using a token renews it. */
  accepts(tenantId: string, token: string): boolean;
}

interface TokenRecord {
  hash: Buffer;
  expiresAt: number;
}

/**
 * Tokens of runtimes: 256 random bits, kept only as SHA-256, bound to one tenant and one generation of its runtime. They live in
 * memory: a gateway that restarts has no runtimes that it started, and a runtime that survives is given a new token by its host.
 */
export function createRuntimeTokens(options: { now: () => number; lifetimeMs?: number }): GatewayTokens {
  const lifetimeMs = options.lifetimeMs ?? defaultTokenLifetimeMs;
  const tenants = new Map<string, Map<number, TokenRecord>>();

  function accept(token: string, tenantId: string, generation: number): void {
    const generations = tenants.get(tenantId) ?? new Map<number, TokenRecord>();
    generations.set(generation, { hash: sha256(token), expiresAt: options.now() + lifetimeMs });
    tenants.set(tenantId, generations);
  }

  return {
    issue(tenantId, generation) {
      const token = newToken();
      accept(token, tenantId, generation);
      return token;
    },
    reserve(): ReservedToken {
      const token = newToken();
      let open = true; // nothing is kept of it here: until it is bound, no tenant has it
      return {
        token,
        bind(tenantId, generation) {
          if (!open) throw new Error('The token of a warm slot is bound once, and not after it was released');
          open = false;
          accept(token, tenantId, generation);
        },
        release() {
          open = false;
        },
      };
    },
    revoke(tenantId, generation) {
      const generations = tenants.get(tenantId);
      generations?.delete(generation);
      if (generations?.size === 0) tenants.delete(tenantId);
    },
    renew(tenantId, generation) {
      const record = tenants.get(tenantId)?.get(generation);
      if (record && record.expiresAt > options.now()) record.expiresAt = options.now() + lifetimeMs;
    },
    accepts(tenantId, token) {
      const hash = sha256(token);
      const now = options.now();
      let accepted = false;
      for (const [generation, record] of tenants.get(tenantId) ?? []) {
        if (record.expiresAt <= now) {
          this.revoke(tenantId, generation);
        } else if (timingSafeEqual(record.hash, hash)) {
          record.expiresAt = now + lifetimeMs;
          accepted = true;
        }
      }
      return accepted;
    },
  };
}

const newToken = (): string => `cpt_${randomBytes(32).toString('base64url')}`;

function sha256(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
