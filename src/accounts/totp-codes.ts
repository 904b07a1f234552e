import { Secret, TOTP } from 'otpauth';

const PERIOD_S = 30;
/** Clocks of phones are off by seconds; more steps would only help those who look over a shoulder. */
const STEPS_AROUND = 1;
/** As RFC 4226 §4 recommends. */
const SECRET_BYTES = 20;

/** A new secret, in base32, as people type it where they cannot scan it. */
export function createTotpSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** What an authenticator app scans (`otpauth://totp/…`). */
export function totpAddress(secret: string, label: { readonly issuer: string; readonly account: string }): string {
  return totpOf(secret, label).toString();
}

/** The time step of this code, at `now` or a step beside it; undefined when it is none of this secret. */
export function stepOfCode(secret: string, typed: string, now: number): number | undefined {
  const token = typed.replace(/[\s-]/gu, '');
  if (!/^\d{6}$/u.test(token)) return undefined;
  const delta = totpOf(secret).validate({ token, timestamp: now, window: STEPS_AROUND });
  return delta === null ? undefined : Math.floor(now / 1_000 / PERIOD_S) + delta;
}

function totpOf(secret: string, label?: { readonly issuer: string; readonly account: string }): TOTP {
  return new TOTP({
    secret: Secret.fromBase32(secret),
    algorithm: 'SHA1',
    digits: 6,
    period: PERIOD_S,
    ...(label && { issuer: label.issuer, label: label.account }),
  });
}
