import type { Passkey } from './credential.ts';

/** How somebody proved who they are, as apps hear of it: `acr` and `amr` (Core §2, RFC 8176). */
export interface Proof {
  readonly acr: Acr;
  readonly amr: readonly string[];
}

/**
 * From weak to strong; who meets one meets all before it. `two-factor`: the password and something else, or a passkey.
 * `passkey`: a passkey, alone or after the password, so nothing that could be typed into another site.
 */
export const ACRS = ['urn:signoff:password', 'urn:signoff:two-factor', 'urn:signoff:passkey'] as const;
export type Acr = (typeof ACRS)[number];

export const BY_PASSWORD: Proof = { acr: 'urn:signoff:password', amr: ['pwd'] };

/** A code of an authenticator app, or a recovery code, after the password: each is good once. */
export const BY_PASSWORD_AND_CODE: Proof = { acr: 'urn:signoff:two-factor', amr: ['pwd', 'otp', 'mfa'] };

/** A passkey proves what somebody has, and what they are or know, since it must have asked for it. */
export function byPasskey(passkey: Pick<Passkey, 'synced'>, after: Proof | undefined): Proof {
  const key = passkey.synced ? 'swk' : 'hwk';
  return { acr: 'urn:signoff:passkey', amr: [...(after?.amr ?? []), key, 'user', 'mfa'] };
}

/** Whether a session with this `acr` was proved by more than the password. */
export function isTwoFactor(acr: unknown): boolean {
  return ACRS.indexOf(acr as Acr) >= ACRS.indexOf(BY_PASSWORD_AND_CODE.acr);
}

/**
 * What an ID token says to an app that asks for one of `wanted`, in its order, where `held` is what was proved: undefined when
 * none of them is met.
 */
export function acrMet(held: string | undefined, wanted: readonly string[]): Acr | undefined {
  const strength = ACRS.indexOf(held as Acr);
  return wanted
    .map((one) => ACRS.indexOf(one as Acr))
    .filter((one) => one >= 0 && one <= strength)
    .map((one) => ACRS[one])[0];
}
