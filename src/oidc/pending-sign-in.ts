import type { Proof } from '../accounts/proof.ts';
import type { Device, Generation } from '../sessions/session.ts';

/** A sign-in whose password was right, and that waits for the second step. Kept, sealed, with its interaction. */
export interface PendingSignIn {
  readonly accountId: string;
  /** Seen when the password was verified: "everywhere" in between leaves it dead on arrival (invariant 7). */
  readonly generation: Generation;
  readonly device: Device;
  readonly shared: boolean;
  readonly locale?: string | undefined;
  readonly at: number;
  /** What was added, and so proved, on the way in; the recovery codes are being shown. */
  readonly proof?: Proof | undefined;
}

/** Long enough to fetch the phone from another room. */
const LIFE_MS = 10 * 60 * 1000;

/** Undefined where none waits, or it has waited for too long: then the password is asked for again. */
export function pendingIn(
  { pending }: { readonly pending?: PendingSignIn | undefined },
  now: number,
): PendingSignIn | undefined {
  return pending !== undefined && now - pending.at < LIFE_MS ? pending : undefined;
}
