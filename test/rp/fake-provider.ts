import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, createRemoteJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose';

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** A provider as far as a receiver of logout tokens sees it: real keys behind a real JWKS address, and a pen. */
export interface FakeProvider {
  readonly issuer: string;
  readonly keys: ReturnType<typeof createRemoteJWKSet>;
  /** Signs a token that is right but for `changes`; a change to undefined leaves the claim out. */
  token(changes?: Changes): Promise<string>;
  close(): Promise<void>;
}

export interface Changes {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: { alg?: string; typ?: string | undefined; kid?: string };
  readonly key?: CryptoKey | Uint8Array;
}

/** Starts one that signs with `algorithm`, at the instants of `now` (epoch milliseconds). */
export async function startFakeProvider(algorithm: string, now: () => number): Promise<FakeProvider> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm);
  const jwk = { ...(await exportJWK(publicKey)), kid: 'current', alg: algorithm, use: 'sig' };
  // One answer to all: where its keys are, and the keys.
  const server = createServer((_request, response) =>
    response.end(JSON.stringify({ jwks_uri: `${issuer}/jwks`, keys: [jwk] })),
  );
  const issuer: string = await listen(server);
  let tokens = 0;
  return {
    issuer,
    keys: createRemoteJWKSet(new URL(`${issuer}/jwks`)),
    async token({ claims = {}, header = {}, key = privateKey } = {}) {
      const iat = Math.floor(now() / 1000);
      tokens += 1;
      const right = { iss: issuer, aud: 'shop', iat, exp: iat + 120, jti: `jti-${tokens}`, sid: 'sid-1', sub: 'mira' };
      const payload = { ...right, events: { [LOGOUT_EVENT]: {} }, ...claims };
      const protectedHeader = { alg: algorithm, kid: 'current', typ: 'logout+jwt', ...header };
      return await new SignJWT(withoutUndefined(payload))
        .setProtectedHeader(withoutUndefined(protectedHeader))
        .sign(key);
    },
    close: () => new Promise((done) => void server.close(() => done())),
  };
}

/** An unsecured token, as an attacker would write it. */
export function unsecured(token: string): string {
  const [, payload = ''] = token.split('.');
  return `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'logout+jwt' })).toString('base64url')}.${payload}.`;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}
