import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { type Browser, type Page, send } from './browser.ts';

/** How the app answers a logout token. */
export type Behaviour = 'ok' | '204' | 'hang' | '400' | '500' | '302' | 'reset' | 'slow';

/** A logout token that arrived, verified as an app must (Back-Channel Logout §2.6), and when. */
export interface ReceivedToken {
  readonly at: number;
  readonly claims: JWTPayload & { readonly sid?: string };
  readonly header: { readonly alg?: string; readonly typ?: string; readonly kid?: string };
  readonly contentType: string;
  /** Names of everything that was posted. */
  readonly parameters: readonly string[];
  readonly query: string;
  readonly raw: string;
}

/** What the app holds after a sign-in. */
export interface Tokens {
  readonly claims: JWTPayload & { readonly sid: string; readonly sub: string };
  readonly idToken: string;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
}

export interface RelyingParty {
  readonly clientId: string;
  readonly secret: string;
  readonly origin: string;
  readonly redirectUri: string;
  readonly postLogoutRedirectUri: string;
  /** Its client file, ready to be written. */
  readonly file: Readonly<Record<string, unknown>>;
  behaviour: Behaviour;
  /** Every token that arrived and was good. */
  readonly received: readonly ReceivedToken[];
  /** What arrived and was not: `verify` said so. A test that finds any has found a fault. */
  readonly bad: readonly string[];
  /** The address that starts a sign-in. */
  authorizationUrl(parameters?: Readonly<Record<string, string>>): string;
  /** Starts a sign-in in this browser, fills in the pages that come up, exchanges the code. */
  signIn(browser: Browser, options?: SignInOptions): Promise<Tokens>;
  /** Exchanges the code in this callback address. */
  finish(callback: string): Promise<Tokens>;
  /** Any call of the token endpoint, with the app's own authentication. */
  token(fields: Readonly<Record<string, string>>): Promise<{ status: number; json: Record<string, unknown> }>;
  endSessionUrl(parameters?: Readonly<Record<string, string>>): string;
  /** Waits until `count` good tokens have arrived. */
  waitForTokens(count: number, withinMs?: number): Promise<readonly ReceivedToken[]>;
  /** Waits until good tokens of all these `sid`s have arrived. */
  waitForSids(sids: readonly string[], withinMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export interface SignInOptions {
  readonly username?: string;
  readonly password?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface RelyingPartyOptions {
  readonly clientId: string;
  readonly issuer: string;
  /** Over the defaults of its client file; `undefined` leaves a field out. */
  readonly file?: Readonly<Record<string, unknown>>;
  readonly behaviour?: Behaviour;
  /** How long `slow` takes. */
  readonly slowMs?: number;
}

/** Starts a real app on 127.0.0.1: its callback, its logout address, and the pages it returns to. */
export async function startRelyingParty(options: RelyingPartyOptions): Promise<RelyingParty> {
  const { clientId, issuer } = options;
  const secret = randomBytes(24).toString('base64url');
  const received: ReceivedToken[] = [];
  const bad: string[] = [];
  const arrivals = new Set<() => void>();
  const pending = new Map<string, Pending>();
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`), { cooldownDuration: 0 });

  const rp: RelyingParty = {
    clientId,
    secret,
    origin,
    redirectUri: `${origin}/callback`,
    postLogoutRedirectUri: `${origin}/bye`,
    file: clientFile(clientId, secret, origin, options.file),
    behaviour: options.behaviour ?? 'ok',
    received,
    bad,
    authorizationUrl,
    signIn,
    finish,
    token,
    endSessionUrl: (parameters = {}) => `${issuer}/session/end?${new URLSearchParams(parameters)}`,
    waitForTokens,
    waitForSids,
    stop: () => stop(server),
  };
  return rp;

  function authorizationUrl(parameters: Readonly<Record<string, string>> = {}): string {
    const one = { verifier: randomBytes(32).toString('base64url'), nonce: randomBytes(12).toString('base64url') };
    const state = randomBytes(12).toString('base64url');
    pending.set(parameters['state'] ?? state, one);
    const query = new URLSearchParams({
      client_id: clientId,
      redirect_uri: rp.redirectUri,
      response_type: 'code',
      scope: 'openid profile email',
      state,
      nonce: one.nonce,
      code_challenge: createHash('sha256').update(one.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...parameters,
    });
    return `${issuer}/auth?${query}`;
  }

  async function signIn(browser: Browser, { username, password, parameters }: SignInOptions = {}): Promise<Tokens> {
    const stopAt = rp.redirectUri;
    let page = await browser.get(authorizationUrl(parameters), { stopAt });
    for (let step = 0; step < 5 && !page.location?.startsWith(stopAt); step++) {
      page = await browser.submit(page, answerOf(page, username ?? 'alice', password ?? PASSWORD), { stopAt });
    }
    if (!page.location?.startsWith(stopAt)) throw new Error(`no callback: ${page.trail.join(' → ')}\n${page.body}`);
    return finish(page.location);
  }

  async function finish(callback: string): Promise<Tokens> {
    const answer = new URL(callback).searchParams;
    if (answer.get('error')) throw new Error(`${answer.get('error')}: ${answer.get('error_description')}`);
    const one = pending.get(answer.get('state') ?? '');
    if (one === undefined) throw new Error(`unknown state in ${callback}`);
    const { status, json } = await token({
      grant_type: 'authorization_code',
      code: answer.get('code') ?? '',
      redirect_uri: rp.redirectUri,
      code_verifier: one.verifier,
    });
    if (status !== 200) throw new Error(`token endpoint: ${status} ${JSON.stringify(json)}`);
    return readTokens(json, one.nonce);
  }

  async function readTokens(json: Record<string, unknown>, nonce: string): Promise<Tokens> {
    const idToken = String(json['id_token']);
    const { payload } = await jwtVerify(idToken, keys, { issuer, audience: clientId });
    if (payload['nonce'] !== nonce) throw new Error('the nonce is not the one that was sent');
    if (typeof payload['sid'] !== 'string') throw new Error('the ID token has no sid');
    return {
      claims: payload as Tokens['claims'],
      idToken,
      accessToken: String(json['access_token']),
      refreshToken: json['refresh_token'] as string | undefined,
    };
  }

  async function token(fields: Readonly<Record<string, string>>) {
    const isPublic = rp.file['token_endpoint_auth_method'] === 'none';
    const body = new URLSearchParams({ ...fields, ...(isPublic && { client_id: clientId }) }).toString();
    const answer = await send(
      'POST',
      new URL(`${issuer}/token`),
      {
        'content-type': 'application/x-www-form-urlencoded',
        ...(!isPublic && {
          authorization: `Basic ${Buffer.from(`${encodeURIComponent(clientId)}:${secret}`).toString('base64')}`,
        }),
      },
      body,
    );
    return { status: answer.status, json: JSON.parse(answer.body) as Record<string, unknown> };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    if (url.pathname === '/backchannel') return receive(request, response, url);
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${clientId} at ${url.pathname}</p>`);
  }

  async function receive(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const at = Date.now();
    const body = new URLSearchParams(await readBody(request));
    const raw = body.get('logout_token') ?? '';
    try {
      const { payload, protectedHeader } = await verifyLogoutToken(raw);
      received.push({
        at,
        claims: payload,
        header: protectedHeader,
        contentType: request.headers['content-type'] ?? '',
        parameters: [...body.keys()],
        query: url.search,
        raw,
      });
    } catch (error) {
      // Whoever cannot have the keys just now (a restart) cannot say what the token is worth.
      // By its name, for `fetch` has a TypeError of its own, outside of jest's.
      if ((error as Error).name === 'TypeError') return void response.writeHead(503).end();
      bad.push(String(error));
    }
    for (const arrived of [...arrivals]) arrived();
    answer(response);
  }

  async function verifyLogoutToken(raw: string) {
    const verified = await jwtVerify(raw, keys, { issuer, audience: clientId, requiredClaims: ['iat', 'exp', 'jti'] });
    const { payload } = verified;
    const event = (payload['events'] as Record<string, unknown> | undefined)?.[LOGOUT_EVENT];
    if (typeof event !== 'object' || event === null) throw new Error('no logout event');
    if (payload['nonce'] !== undefined) throw new Error('a nonce');
    if (payload.sub === undefined && payload['sid'] === undefined) throw new Error('neither sub nor sid');
    return verified as typeof verified & { payload: ReceivedToken['claims'] };
  }

  function answer(response: ServerResponse): void {
    switch (rp.behaviour) {
      case 'ok':
        response.writeHead(200, { 'cache-control': 'no-store' }).end();
        return;
      case '204':
      case '400':
      case '500':
        response.writeHead(Number(rp.behaviour), { 'cache-control': 'no-store' }).end();
        return;
      case '302':
        response.writeHead(302, { location: `${origin}/elsewhere` }).end();
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'slow':
        setTimeout(() => response.writeHead(200).end(), options.slowMs ?? 300).unref();
        return;
      case 'hang':
        return;
    }
  }

  async function waitForTokens(count: number, withinMs?: number): Promise<readonly ReceivedToken[]> {
    await waitUntil(() => (received.length < count ? `${received.length} of ${count} tokens` : undefined), withinMs);
    return received;
  }

  function waitForSids(sids: readonly string[], withinMs?: number): Promise<void> {
    return waitUntil(() => {
      const told = new Set(received.map((token) => token.claims.sid));
      const missing = sids.filter((sid) => !told.has(sid));
      return missing.length > 0 ? `nothing of ${missing}` : undefined;
    }, withinMs);
  }

  /** `shortfall` says what is missing, undefined when nothing is. */
  function waitUntil(shortfall: () => string | undefined, withinMs = 8_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        arrivals.delete(check);
        reject(new Error(`${clientId}: ${shortfall()} within ${withinMs} ms; bad: ${bad}`));
      }, withinMs);
      function check(): void {
        if (shortfall() !== undefined) return;
        clearTimeout(late);
        arrivals.delete(check);
        resolve();
      }
      arrivals.add(check);
      check();
    });
  }
}

interface Pending {
  readonly verifier: string;
  readonly nonce: string;
}

/** The password of every account in flow tests. */
export const PASSWORD = 'correct horse battery staple';

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** What a person does on each page that may come up on the way. */
function answerOf(page: Page, username: string, password: string): Record<string, string> {
  const [form] = page.forms;
  if (form !== undefined && 'password' in form.fields) return { username, password };
  if (form?.choices['decision']?.includes('allow')) return { decision: 'allow' };
  if (form?.choices['decision']?.includes('continue')) return { decision: 'continue' };
  throw new Error(`a page that nobody expected: ${page.status} ${page.trail.join(' → ')}\n${page.body}`);
}

function clientFile(clientId: string, secret: string, origin: string, over: RelyingPartyOptions['file'] = {}) {
  const file: Record<string, unknown> = {
    client_id: clientId,
    client_name: clientId[0]?.toUpperCase() + clientId.slice(1),
    client_secret: secret,
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/bye`],
    backchannel_logout_uri: `${origin}/backchannel`,
    grant_types: ['authorization_code', 'refresh_token'],
    party: 'first',
    ...over,
  };
  if (file['token_endpoint_auth_method'] === 'none') delete file['client_secret'];
  return Object.fromEntries(Object.entries(file).filter(([, value]) => value !== undefined));
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
