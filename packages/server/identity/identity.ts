import { z } from 'zod';
import type { Drizzle } from '../store/database.ts';
import { createIdentityProviderService, type IdentityProviderService } from './oidc/identity-provider-service.ts';
import { createProviderConnections } from './oidc/provider-connection.ts';
import { createProviderSignIn, type ProviderSignIn } from './oidc/provider-sign-in.ts';
import { type SealedTokens, sealedTokens } from './sealed-token.ts';
import { createSecondFactorService, type SecondFactorService } from './second-factor/second-factor-service.ts';

/** Between the two steps of a sign-in: whoever the first one was about. */
export interface PendingSignIn {
  userId: string;
  /** Null: it was a password. */
  identityProviderId: string | null;
}

/** How long the second step may take. */
export const pendingSeconds = 10 * 60;

export interface Identity {
  providers: IdentityProviderService;
  providerSignIn: ProviderSignIn;
  secondFactors: SecondFactorService;
  pending: SealedTokens<PendingSignIn>;
}

export interface IdentityOptions {
  db: Drizzle;
  /** The installation's. */
  secret: string;
  /** Whether not only operators connect identity providers on this machine. */
  allowThisMachine?: boolean;
}

/** How people show who they are, besides their password. */
export function createIdentity({ db, secret, allowThisMachine = false }: IdentityOptions): Identity {
  const connections = createProviderConnections();
  return {
    providers: createIdentityProviderService({ db, secret, connections, allowThisMachine }),
    providerSignIn: createProviderSignIn({ db, secret, connections }),
    secondFactors: createSecondFactorService({ db, secret }),
    pending: sealedTokens<PendingSignIn>(secret, {
      purpose: 'identity pending sign-ins',
      seconds: pendingSeconds,
      shape: z.object({ userId: z.string(), identityProviderId: z.string().nullable() }),
    }),
  };
}
