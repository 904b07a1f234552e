import { createHash, randomBytes } from 'node:crypto';
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { AppSettings } from './app-settings.ts';

/**
 * Just enough OpenID Connect for an app: authorization code with PKCE, and RP-initiated logout. A real app would take a
 * certified library for this; the demo shows what goes over the wire.
 */

interface Metadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly userinfo_endpoint: string;
  readonly end_session_endpoint: string;
  readonly jwks_uri: string;
  readonly authorization_response_iss_parameter_supported?: boolean;
}

/** What must be remembered between the redirect to the provider and the way back. */
export interface SignInAttempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** A finished sign-in. Instants are epoch milliseconds. */
export interface SignedIn {
  readonly sid: string;
  readonly sub: string;
  readonly issuedAt: number;
  readonly idToken: string;
  readonly name: string;
}

export interface OidcClient {
  /** The provider's keys, for logout tokens as well. Fetched when first needed. */
  readonly keys: JWTVerifyGetKey;
  /** A new attempt, and where to send the browser for it. */
  begin(): Promise<{ attempt: SignInAttempt; url: string }>;
  /** Checks the answer to `attempt` and redeems its code. Throws an Error with a sentence when anything is wrong. */
  finish(answer: URLSearchParams, attempt: SignInAttempt): Promise<SignedIn>;
  /** Where to send the browser to sign out; `state` comes back with it. */
  signOutUrl(idToken: string, state: string): Promise<string>;
}

/** The provider of `issuer` as one registered app (client_secret_basic, RS256) speaks to it. */
export function createOidcClient(app: AppSettings): OidcClient {
  let known: Promise<Metadata> | undefined;
  const metadata = (): Promise<Metadata> => {
    known ??= discover(app.issuer).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  let remoteKeys: JWTVerifyGetKey | undefined;
  const keys: JWTVerifyGetKey = async (header, token) => {
    remoteKeys ??= createRemoteJWKSet(new URL((await metadata()).jwks_uri));
    return await remoteKeys(header, token);
  };
  return {
    keys,
    async begin() {
      const attempt = { state: randomText(), nonce: randomText(), verifier: randomText() };
      return { attempt, url: authorizationUrl(app, await metadata(), attempt) };
    },
    async finish(answer, attempt) {
      const provider = await metadata();
      const code = checkAnswer(answer, attempt, provider);
      const tokens = await redeem(app, provider, code, attempt.verifier);
      const { sid, sub, iat } = await checkIdToken(app, keys, tokens.id_token, attempt.nonce);
      const name = await askName(provider, tokens.access_token, sub);
      return { sid, sub, issuedAt: iat * 1000, idToken: tokens.id_token, name };
    },
    async signOutUrl(idToken, state) {
      const url = new URL((await metadata()).end_session_endpoint);
      const back = `${app.url}/signed-out`;
      const parameters = { id_token_hint: idToken, client_id: app.id, post_logout_redirect_uri: back, state };
      for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
      return url.href;
    },
  };
}

/** OpenID Connect Discovery 1.0 §4: the document must name the very issuer it was asked from. */
async function discover(issuer: string): Promise<Metadata> {
  const metadata = await askJson<Metadata>(`${issuer}/.well-known/openid-configuration`);
  if (metadata.issuer !== issuer) throw new Error(`${issuer} calls itself ${metadata.issuer}.`);
  return metadata;
}

function authorizationUrl(app: AppSettings, provider: Metadata, { state, nonce, verifier }: SignInAttempt): string {
  const url = new URL(provider.authorization_endpoint);
  const parameters = {
    client_id: app.id,
    response_type: 'code',
    redirect_uri: `${app.url}/callback`,
    scope: 'openid profile email',
    state,
    nonce,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** State against forged answers, `iss` against answers of another provider (RFC 9207). */
function checkAnswer(answer: URLSearchParams, attempt: SignInAttempt, provider: Metadata): string {
  if (answer.get('state') !== attempt.state) throw new Error('The answer does not belong to this sign-in.');
  const iss = answer.get('iss');
  if (iss === null ? provider.authorization_response_iss_parameter_supported : iss !== provider.issuer)
    throw new Error('The answer comes from another provider.');
  const error = answer.get('error');
  if (error !== null) throw new Error(answer.get('error_description') ?? error);
  const code = answer.get('code');
  if (code === null) throw new Error('The answer has no code.');
  return code;
}

async function redeem(app: AppSettings, provider: Metadata, code: string, verifier: string) {
  const basic = Buffer.from(`${encodeURIComponent(app.id)}:${encodeURIComponent(app.secret)}`).toString('base64');
  return await askJson<{ id_token: string; access_token: string }>(provider.token_endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: `${app.url}/callback`,
      code_verifier: verifier,
    }),
  });
}

async function checkIdToken(app: AppSettings, keys: JWTVerifyGetKey, idToken: string, nonce: string) {
  const options = { issuer: app.issuer, audience: app.id, algorithms: ['RS256'], clockTolerance: 30 };
  const { payload } = await jwtVerify(idToken, keys, { ...options, requiredClaims: ['sub', 'iat', 'exp', 'sid'] });
  const { sub, iat, sid } = payload;
  if (payload['nonce'] !== nonce) throw new Error('The ID token belongs to another sign-in.');
  if (typeof sid !== 'string' || sub === undefined || iat === undefined) throw new Error('The ID token has no sid.');
  return { sid, sub, iat };
}

async function askName(provider: Metadata, accessToken: string, sub: string): Promise<string> {
  const headers = { authorization: `Bearer ${accessToken}` };
  const person = await askJson<Record<string, string | undefined>>(provider.userinfo_endpoint, { headers });
  if (person['sub'] !== sub) throw new Error('The provider answered about somebody else.');
  return person['name'] ?? person['preferred_username'] ?? sub;
}

async function askJson<T>(url: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
}

function randomText(): string {
  return randomBytes(32).toString('base64url');
}
