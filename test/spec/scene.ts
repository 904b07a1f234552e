import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { fileNameOf } from '../../src/clients/client-file-name.ts';
import { PUBLISHED_BEFORE_MS, rotateKeys } from '../../src/oidc/key-rotation.ts';
import { type Browser, type Page, send } from '../support/browser.ts';
import type { World } from '../support/product.ts';
import type { ReceivedToken, RelyingParty, Tokens } from '../support/relying-party.ts';

/** What the specification tests do again and again, in their words. */

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** The answer an app gets without any page: `prompt=none`. */
export async function askSilently(
  browser: Browser,
  app: RelyingParty,
  parameters: Readonly<Record<string, string>> = {},
): Promise<URLSearchParams> {
  const page = await browser.get(app.authorizationUrl({ prompt: 'none', ...parameters }), { stopAt: app.redirectUri });
  return answerTo(app, page);
}

/** The parameters of a redirect to the app; fails when the page is anything else. */
export function answerTo(app: RelyingParty, page: Page): URLSearchParams {
  if (!page.location?.startsWith(`${app.redirectUri}?`)) {
    throw new Error(`no answer to ${app.clientId}: ${page.status} ${page.trail.join(' → ')}\n${page.body}`);
  }
  return new URL(page.location).searchParams;
}

export async function isSignedIn(browser: Browser, app: RelyingParty): Promise<boolean> {
  return (await askSilently(browser, app)).has('code');
}

/** A fresh sign-in without a page, in a browser that is signed in. */
export async function signInSilently(
  browser: Browser,
  app: RelyingParty,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Tokens> {
  return app.finish(`${app.redirectUri}?${await askSilently(browser, app, parameters)}`);
}

/** Asks for a sign-off with the hint of this sign-in; answers the first answer. */
export function signOff(
  browser: Browser,
  app: RelyingParty,
  tokens: Pick<Tokens, 'idToken'>,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Page> {
  const hinted = { id_token_hint: tokens.idToken, post_logout_redirect_uri: app.postLogoutRedirectUri };
  return browser.get(app.endSessionUrl({ ...hinted, ...parameters }), { follow: false });
}

/** Does `act` and answers the logout tokens that reached the app because of it. */
export async function tokensThrough(
  app: RelyingParty,
  act: () => Promise<unknown>,
  count = 1,
): Promise<readonly ReceivedToken[]> {
  const before = app.received.length;
  await act();
  await app.waitForTokens(before + count);
  return app.received.slice(before);
}

/** The only logout token that reached the app because of `act`. */
export async function tokenThrough(app: RelyingParty, act: () => Promise<unknown>): Promise<ReceivedToken> {
  const [token, ...more] = await tokensThrough(app, act);
  if (token === undefined || more.length > 0) throw new Error(`${more.length + 1} tokens instead of one`);
  return token;
}

export function refresh(app: RelyingParty, tokens: Pick<Tokens, 'refreshToken'>) {
  return app.token({ grant_type: 'refresh_token', refresh_token: tokens.refreshToken ?? 'there is none' });
}

/** Whether the access token opens userinfo. */
export async function opensUserinfo(world: World<string>, { accessToken }: Tokens): Promise<boolean> {
  const answer = await send('GET', new URL(`${world.issuer}/me`), { authorization: `Bearer ${accessToken}` });
  return answer.status === 200;
}

export async function introspect(world: World<string>, app: RelyingParty, token: string): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${app.clientId}:${app.secret}`).toString('base64')}`;
  const body = new URLSearchParams({ token }).toString();
  const answer = await send('POST', new URL(`${world.issuer}/token/introspection`), { ...FORM, authorization }, body);
  return JSON.parse(answer.body);
}

export async function json(url: string): Promise<Record<string, unknown>> {
  return JSON.parse((await send('GET', new URL(url), {})).body) as Record<string, unknown>;
}

export function headerOf(token: string): { readonly alg?: string; readonly kid?: string; readonly typ?: string } {
  return decodeProtectedHeader(token);
}

export function claimsOf(token: unknown): JWTPayload & { readonly sid?: string; readonly auth_time?: number } {
  return decodeJwt(String(token));
}

/** Waits until something that nobody announces is true. */
export async function eventually(isTrue: () => boolean | Promise<boolean>, withinMs = 8_000): Promise<void> {
  const late = performance.now() + withinMs;
  while (!(await isTrue())) {
    if (performance.now() > late) throw new Error(`not within ${withinMs} ms: ${isTrue}`);
    await new Promise((soon) => setTimeout(soon, 10));
  }
}

/** Every delivery to the app, newest first. */
export function deliveriesTo(world: World<string>, app: RelyingParty) {
  return world.store.deliveries.list({ clientId: app.clientId }, { limit: 50 });
}

/** Waits until it is written down what became of every delivery to the app: it has a token before its answer is known. */
export function settledAt(world: World<string>, app: RelyingParty): Promise<void> {
  return eventually(async () => {
    const deliveries = await deliveriesTo(world, app);
    return deliveries.length > 0 && deliveries.every(({ state }) => state !== 'trying');
  });
}

/** Changes an app's client file and lets the product read it. */
export async function changeFile(
  world: World<string>,
  clientId: string,
  changes: Readonly<Record<string, unknown>>,
): Promise<void> {
  const text = await readFile(fileOf(world, clientId), 'utf8');
  await writeFile(fileOf(world, clientId), JSON.stringify({ ...(JSON.parse(text) as object), ...changes }));
  await world.server.reloadClients();
}

/** Tries to register this app; answers what the product says is wrong with it, or undefined when it was taken. */
export async function tryToRegister(
  world: World<string>,
  clientId: string,
  file: Readonly<Record<string, unknown>>,
): Promise<{ readonly field: unknown; readonly message: unknown } | undefined> {
  const before = world.logged.length;
  await writeFile(fileOf(world, clientId), JSON.stringify({ client_id: clientId, ...file }));
  await world.server.reloadClients();
  const rejected = world.logged
    .slice(before)
    .find((line) => line.event === 'client.rejected' && String(line['file']).includes(clientId));
  return rejected && { field: rejected['field'], message: rejected['message'] };
}

function fileOf({ config }: World<string>, clientId: string): string {
  return join(config.clients, fileNameOf(clientId));
}

/** As if they had been rotated ten minutes ago: the new ones sign from the next start on. */
export async function rotateKeysEarlier({ server }: World<string>): Promise<void> {
  const { store, clock, box } = server.foundation;
  await rotateKeys({ store, box, clock: { now: () => clock.now() - PUBLISHED_BEFORE_MS } }, { leaked: false });
}

/** A logout address that answers as the test says, one answer per token in turn, the last one for ever. */
export interface Receiver {
  readonly url: string;
  readonly posts: readonly { readonly token: string; readonly at: number; readonly answeredAt: number | undefined }[];
  close(): Promise<void>;
}

export type Answer = (response: ServerResponse) => unknown;

export async function startReceiver(...answers: readonly Answer[]): Promise<Receiver> {
  const posts: { token: string; at: number; answeredAt: number | undefined }[] = [];
  const server = createServer((request, response) => void receive(request, response));
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const token = new URLSearchParams(body).get('logout_token') ?? '';
    const post: (typeof posts)[number] = { token, at: performance.now(), answeredAt: undefined };
    posts.push(post);
    const answer = answers[Math.min(posts.length, answers.length) - 1];
    response.on('finish', () => {
      post.answeredAt = performance.now();
    });
    answer?.(response);
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/told`,
    posts,
    close() {
      server.closeAllConnections();
      return new Promise((closed) => server.close(() => closed()));
    },
  };
}
