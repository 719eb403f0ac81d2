import type { RuntimeTokens } from '@clawpool/contracts';

/** What one runtime shows to the model gateway, for as long as the runtime lives. */
export interface RuntimeToken {
  readonly token: string;
  /** A warm slot's becomes a tenant's, once. */
  bind(tenantId: string, generation: number): void;
  /** The runtime is gone. */
  end(): void;
}

/** Well within a token's hour, however late a timer fires on a loaded machine. */
const renewalMs = 10 * 60 * 1000;

/** Of a runtime that is a tenant's from the beginning. */
export function issuedToken(tokens: RuntimeTokens, tenantId: string, generation: number): RuntimeToken {
  const token = tokens.issue(tenantId, generation);
  const end = keepAlive(tokens, tenantId, generation);
  return {
    token,
    bind: () => {
      throw new Error('The runtime belongs to a tenant already');
    },
    end,
  };
}

/** Of a warm slot: good for nothing until it is bound. */
export function reservedToken(tokens: RuntimeTokens): RuntimeToken {
  const reserved = tokens.reserve();
  let end = () => reserved.release();
  return {
    token: reserved.token,
    bind: (tenantId, generation) => {
      reserved.bind(tenantId, generation);
      end = keepAlive(tokens, tenantId, generation);
    },
    end: () => end(),
  };
}

function keepAlive(tokens: RuntimeTokens, tenantId: string, generation: number): () => void {
  const renewal = setInterval(() => tokens.renew(tenantId, generation), renewalMs).unref();
  return () => {
    clearInterval(renewal);
    tokens.revoke(tenantId, generation);
  };
}
