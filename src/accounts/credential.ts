/** What a person proves who they are with, besides the password: a passkey, or the codes of an authenticator app. */
export type Credential = Passkey | Totp;

interface CredentialFacts {
  /** Random, for forms; never the id that a browser knows a passkey by. */
  readonly id: string;
  readonly accountId: string;
  /** Given by its owner. */
  readonly name: string;
  readonly createdAt: number;
  readonly lastUsedAt: number | undefined;
}

export interface Passkey extends CredentialFacts {
  readonly kind: 'passkey';
  /** Under which browsers know it, base64url (WebAuthn §4 "Credential ID"). */
  readonly passkeyId: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  /** Signatures so far, where the authenticator counts them; else 0. */
  readonly counter: number;
  /** How the browser reaches it: `internal`, `usb`, `hybrid` … */
  readonly transports: readonly string[];
  /** Kept in step between devices by whoever keeps the person's passwords; else bound to one device. */
  readonly synced: boolean;
}

/** RFC 6238: SHA-1, six digits, 30 s, as every authenticator app does it. */
export interface Totp extends CredentialFacts {
  readonly kind: 'totp';
  readonly sealedSecret: string;
  /** The time step of the last code that was taken: no code is taken twice, and no older one after it. */
  readonly lastStep: number;
}

/** A form can show them, a person tell them apart, and a sign-in look at all of them. */
export const CREDENTIALS_MAX = 20;

export const CREDENTIAL_NAME_MAX = 60;
