import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { Passkey } from './credential.ts';

/** A question for a browser: the options of WebAuthn as JSON, and the challenge in them, base64url. */
export interface PasskeyQuestion {
  readonly options: string;
  readonly challenge: string;
}

/** What a browser made: everything of a passkey but its name and whose it is. */
export type NewPasskey = Pick<Passkey, 'passkeyId' | 'publicKey' | 'counter' | 'transports' | 'synced'>;

export interface Passkeys {
  /** For `navigator.credentials.create`. `known`: those the account has, which the same authenticator must not make again. */
  askNew(
    account: { readonly id: string; readonly username: string; readonly name: string },
    known: readonly Passkey[],
  ): Promise<PasskeyQuestion>;
  /** Undefined for an answer that is not one to this challenge, at this origin. */
  readNew(answer: string, challenge: string): Promise<NewPasskey | undefined>;
  /** For `navigator.credentials.get`. Without `known` the browser offers whatever it has for us. */
  ask(known?: readonly Passkey[]): Promise<PasskeyQuestion>;
  /** The id in an answer that was not looked at yet; undefined for what is no answer at all. */
  idIn(answer: string): string | undefined;
  /** The new counter; undefined for an answer that this passkey did not give to this challenge, at this origin. */
  verify(answer: string, challenge: string, passkey: Passkey): Promise<number | undefined>;
}

/** An answer is one to two kilobytes; what is larger is an experiment. */
const ANSWER_CHARS_MAX = 12_000;
const TIMEOUT_MS = 5 * 60 * 1000;

/** With what it brings it is 300 files and 25 MB of memory: loaded where somebody has, or makes, a passkey. */
const webAuthn = () => import('@simplewebauthn/server');

/**
 * WebAuthn level 3 for one origin. A passkey must know its owner (PIN, finger, face): it is two factors by itself, which is why
 * it may stand in for the password.
 */
export function createPasskeys({ issuer, serviceName }: { issuer: string; serviceName: string }): Passkeys {
  const { origin, hostname: rpID } = new URL(issuer);
  const expected = { expectedOrigin: origin, expectedRPID: rpID, requireUserVerification: true };
  return {
    async askNew({ id, username, name }, known) {
      const { generateRegistrationOptions } = await webAuthn();
      const options = await generateRegistrationOptions({
        rpID,
        rpName: serviceName,
        userID: new Uint8Array(Buffer.from(id)),
        userName: username,
        userDisplayName: name,
        timeout: TIMEOUT_MS,
        attestationType: 'none',
        excludeCredentials: known.map(described),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      });
      return { options: JSON.stringify(options), challenge: options.challenge };
    },
    async readNew(answer, expectedChallenge) {
      const response = read<RegistrationResponseJSON>(answer);
      if (response === undefined) return undefined;
      const { verifyRegistrationResponse } = await webAuthn();
      const result = await unlessWrong(verifyRegistrationResponse({ ...expected, response, expectedChallenge }));
      if (!result?.verified) return undefined;
      const made = result.registrationInfo;
      const { id, publicKey, counter, transports = [] } = made.credential;
      return {
        passkeyId: id,
        publicKey: Buffer.from(publicKey).toString('base64url'),
        counter,
        transports: transports.filter((one) => /^[a-z-]{1,20}$/u.test(one)).slice(0, 10),
        synced: made.credentialDeviceType === 'multiDevice',
      };
    },
    async ask(known) {
      const { generateAuthenticationOptions } = await webAuthn();
      const options = await generateAuthenticationOptions({
        rpID,
        timeout: TIMEOUT_MS,
        userVerification: 'required',
        ...(known && { allowCredentials: known.map(described) }),
      });
      return { options: JSON.stringify(options), challenge: options.challenge };
    },
    idIn: (answer) => read<AuthenticationResponseJSON>(answer)?.id,
    async verify(answer, expectedChallenge, passkey) {
      const response = read<AuthenticationResponseJSON>(answer);
      if (response === undefined) return undefined;
      const { verifyAuthenticationResponse } = await webAuthn();
      const { passkeyId: id, publicKey, counter } = passkey;
      const credential = { id, publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')), counter };
      const result = await unlessWrong(
        verifyAuthenticationResponse({ ...expected, response, expectedChallenge, credential }),
      );
      return result?.verified ? result.authenticationInfo.newCounter : undefined;
    },
  };
}

/** Transports are a hint that browsers know better than our types. */
function described({ passkeyId, transports }: Passkey) {
  return { id: passkeyId, transports: transports as AuthenticatorTransports };
}

type AuthenticatorTransports = NonNullable<RegistrationResponseJSON['response']['transports']>;

function read<T extends { readonly id: string }>(answer: string): T | undefined {
  if (answer.length > ANSWER_CHARS_MAX) return undefined;
  try {
    const found = JSON.parse(answer) as T | null;
    return typeof found?.id === 'string' ? found : undefined;
  } catch {
    return undefined;
  }
}

/** The library throws for every answer that does not hold, whatever is wrong with it: to us that is a value. */
async function unlessWrong<T>(verifying: Promise<T>): Promise<T | undefined> {
  try {
    return await verifying;
  } catch {
    return undefined;
  }
}
