import { type SignInError, signInError } from '@clawpool/contracts';

/** What the sign-in page's address says. */
export interface SignInView {
  next?: string;
  reason?: 'expired';
  /** Why an identity provider's sign-in ended here. */
  error?: SignInError;
  /** The first step was at an identity provider; the second is still to come. */
  step?: 'second-factor';
}

export function signInViewOf(search: Record<string, unknown>): SignInView {
  const error = signInError.options.find((option) => option === search.error);
  return {
    ...(typeof search.next === 'string' ? { next: search.next } : {}),
    ...(search.reason === 'expired' ? { reason: 'expired' } : {}),
    ...(search.step === 'second-factor' ? { step: 'second-factor' } : {}),
    ...(error ? { error } : {}),
  };
}
