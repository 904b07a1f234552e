import type { Credentials } from '../store/store.ts';
import type { Passkey } from './credential.ts';

/** By what somebody with these credentials proves more than the password. */
export interface FactorWays {
  readonly passkeys: readonly Passkey[];
  /** Codes of an authenticator app, or recovery codes, are taken. */
  readonly takesCode: boolean;
}

/** Recovery codes stand in for a credential; without one there is nothing that they stand in for. */
export function factorWays({ list, recoveryCodes }: Credentials): FactorWays {
  const passkeys = list.filter((one): one is Passkey => one.kind === 'passkey');
  return { passkeys, takesCode: passkeys.length < list.length || (list.length > 0 && recoveryCodes > 0) };
}
