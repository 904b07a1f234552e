import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import type { Account } from '../../../src/accounts/account.ts';
import { type Client, clientFileSchema, withDefaults } from '../../../src/clients/client-file.ts';
import { createRegistry } from '../../../src/clients/registry.ts';
import { createEndSessions, type EndSessions } from '../../../src/logout/end-sessions.ts';
import { createGuardedFetch } from '../../../src/oidc/guarded-fetch.ts';
import { type Continuation, createInteractions, type Interactions } from '../../../src/oidc/interactions.ts';
import { type Keys, openKeys } from '../../../src/oidc/keys.ts';
import { pinOrigin } from '../../../src/oidc/pinned-origin.ts';
import { createOidc, type Oidc } from '../../../src/oidc/provider.ts';
import type { OidcSettings } from '../../../src/oidc/provider-configuration.ts';
import { createStrangerLimits } from '../../../src/oidc/stranger-limits.ts';
import { type CryptoBox, createCryptoBox } from '../../../src/ops/crypto-box.ts';
import type { Rate } from '../../../src/ops/limiter.ts';
import type { Facts, Log } from '../../../src/ops/log.ts';
import { createOutbound } from '../../../src/ops/outbound.ts';
import { createOutboundClient } from '../../../src/ops/outbound-client.ts';
import { createRightOfWay } from '../../../src/ops/right-of-way.ts';
import type { Store } from '../../../src/store/store.ts';
import { createBrowser, type Page } from '../../support/browser.ts';
import { anAccount, DAY, HOUR } from '../../support/builders.ts';
import { sqlitePlace } from '../../support/stores.ts';

/** The provider on a real port with a real store and the barest of pages; `oidc/` is all that is under test. */
export interface Rig {
  readonly issuer: string;
  /** Where it listens, whatever it calls itself. */
  readonly base: string;
  readonly store: Store;
  readonly storeFile: string;
  readonly box: CryptoBox;
  readonly keys: Keys;
  readonly oidc: Oidc;
  readonly interactions: Interactions;
  readonly endSessions: EndSessions;
  /** Lines of the log, newest last. */
  readonly lines: { event: string; facts: Facts }[];
  readonly clock: { now(): number; advance(ms: number): void };
  account(given?: Partial<Account>): Promise<Account>;
  /** Changes what is registered; a client keeps what is not named. */
  register(...files: ClientInput[]): Promise<void>;
  /** As if its file had gone. */
  suspend(id: string): Promise<void>;
  client(id: string): Client;
  close(): Promise<void>;
}

export type ClientInput = { readonly client_id: string } & Record<string, unknown>;

export interface RigOptions {
  readonly clients?: readonly ClientInput[];
  readonly config?: Partial<OidcSettings & { readonly sessionIdleMs: number }>;
  /** Sees every call of the store that the library makes; may wait. */
  readonly before?: (role: string, method: string, args: readonly unknown[]) => Promise<void> | void;
  readonly outboundAllow?: readonly string[];
  /** Of strangers; without it they are not limited. */
  readonly rate?: Rate;
}

export const SECRET = 'a-secret-of-forty-characters-0123456789-';

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const place = await sqlitePlace();
  const raw = await place.open();
  const store = watched(raw, options.before);
  const box = createCryptoBox(randomBytes(32));
  const lines: Rig['lines'] = [];
  const log = recorder(lines);
  let ahead = 0;
  const clock = {
    now: () => Date.now() + ahead,
    advance(ms: number) {
      ahead += ms;
    },
  };

  const app = new Koa();
  app.silent = true;
  const server = createServer((request, response) => void app.callback()(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = options.config?.issuer ?? base;
  const config: OidcSettings & { readonly sessionIdleMs: number } = {
    issuer,
    scopes: { groups: ['groups'] },
    idTokenTtlMs: HOUR,
    sessionIdleMs: 12 * HOUR,
    sessionMaxMs: 14 * DAY,
    sessionsPerAccount: undefined,
    registration: 'off',
    privacyUrl: undefined,
    ...options.config,
  };

  const registry = createRegistry({ store: raw.clients, box, clock, log });
  const register = async (...files: ClientInput[]) => {
    const kept = registry.all().map((one) => one.client);
    const fresh = files.map(toClient);
    const others = kept.filter((one) => !fresh.some((client) => client.client_id === one.client_id));
    await registry.apply({ clients: [...others, ...fresh], rejected: [] });
  };
  await register(
    ...(options.clients ?? [
      { client_id: 'a', party: 'first' },
      { client_id: 'b', party: 'first' },
    ]),
  );
  const keys = await openKeys({ store: raw, box, clock, issuer });
  const endSessions = createEndSessions({
    store: raw,
    clock,
    log,
    box,
    clients: (id) => registry.get(id)?.client,
    engine: { wake: () => undefined, idle: () => undefined },
    rightOfWay: createRightOfWay(),
  });
  const limits = createStrangerLimits({ clock, rate: options.rate, log });
  const oidc = createOidc({
    config,
    boundedLog: log,
    limits,
    store,
    box,
    clock,
    log,
    registry,
    keys,
    endSessions,
    fetch: createGuardedFetch(
      createOutboundClient({ outbound: createOutbound({ allow: options.outboundAllow ?? [] }) }),
    ),
    renderError: (ctx, out) => {
      ctx.body = { page: 'error', ...out };
    },
  });
  const interactions = createInteractions({
    mails: { newDevice: () => undefined },
    oidc,
    store: raw,
    registry,
    keys,
    endSessions,
    clock,
    config,
  });
  app.keys = keys.cookieKeys;
  pinOrigin(app, issuer);
  app.use(pages(interactions, raw, oidc));
  app.use(oidc.middleware as Koa.Middleware);

  return {
    issuer,
    base,
    store: raw,
    storeFile: place.url.slice('sqlite:'.length),
    box,
    keys,
    oidc,
    interactions,
    endSessions,
    lines,
    clock,
    register,
    suspend: (id) => {
      const others = registry.all().filter((one) => one.client.client_id !== id);
      return registry.apply({ clients: others.map((one) => one.client), rejected: [] });
    },
    client: (id) => {
      const found = registry.get(id);
      if (!found) throw new Error(`no client ${id}`);
      return found.client;
    },
    async account(given = {}) {
      const account = anAccount(given);
      await raw.accounts.create(account);
      return account;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await place.remove();
    },
  };
}

function toClient(file: ClientInput): Client {
  const isPublic = file['token_endpoint_auth_method'] === 'none';
  const redirect = `http://${file.client_id}.test/cb`;
  return withDefaults(
    clientFileSchema.parse({
      ...(!isPublic && file['client_secret_hash'] === undefined && { client_secret: SECRET }),
      redirect_uris: [redirect],
      post_logout_redirect_uris: [`http://${file.client_id}.test/out`],
      backchannel_logout_uri: `http://${file.client_id}.test/bcl`,
      grant_types: ['authorization_code', 'refresh_token'],
      ...file,
    }),
  );
}

function watched(store: Store, before: RigOptions['before']): Store {
  if (!before) return store;
  const wrap = (role: 'sessions' | 'provider' | 'accounts') =>
    new Proxy(store[role], {
      get: (target, name) => {
        const method = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          await before(role, String(name), args);
          return method.apply(target, args);
        };
      },
    });
  return {
    ...store,
    sessions: wrap('sessions') as Store['sessions'],
    provider: wrap('provider') as Store['provider'],
    accounts: wrap('accounts') as Store['accounts'],
  };
}

function recorder(lines: Rig['lines']): Log {
  const write = (event: string, facts: Facts = {}) => void lines.push({ event, facts });
  return { debug: write, info: write, warn: write, error: write };
}

/** GET shows the details as JSON; POST finishes: `account` (and `shared`, `device`, `account_generation`), or `decision`. */
function pages(interactions: Interactions, store: Store, oidc: Oidc): Koa.Middleware {
  return async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next();
    try {
      if (ctx.method === 'GET') ctx.body = await interactions.details(ctx, uidOf(ctx));
      else {
        const next = await finish(ctx, interactions, store);
        if (next.kind === 'elsewhere') ctx.redirect(next.address);
        else await oidc.goOn(ctx as Parameters<Oidc['goOn']>[0], next.answered);
      }
    } catch (error) {
      const { status = 500, code, message } = error as Error & { status?: number; code?: string };
      ctx.status = status;
      ctx.body = { page: 'error', error: code, message };
    }
  };
}

function uidOf(ctx: Koa.Context): string {
  return ctx.path.split('/')[2] ?? '';
}

async function finish(ctx: Koa.Context, interactions: Interactions, store: Store): Promise<Continuation> {
  let body = '';
  for await (const chunk of ctx.req) body += chunk;
  const form = new URLSearchParams(body);
  const decision = form.get('decision');
  if (decision === 'allow' || decision === 'deny') return interactions.finishConsent(ctx, uidOf(ctx), decision);
  if (decision === 'continue' || decision === 'other') return interactions.finishContinue(ctx, uidOf(ctx), decision);
  const account = await store.accounts.find(form.get('account') ?? '');
  if (!account) throw new Error('no such account');
  const generation = await store.sessions.generation(account.id);
  const seen = form.get('account_generation');
  return interactions.finishSignIn(ctx, uidOf(ctx), {
    account,
    generation: seen === null ? generation : { ...generation, account: Number(seen) },
    device: { name: 'Test browser', key: form.get('device') ?? undefined, place: undefined },
    shared: form.get('shared') === 'on',
  });
}

export interface Tokens {
  readonly id_token: string;
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly scope?: string;
}

/** A person with a browser, and the apps behind it. */
export function createPerson(rig: Rig, account: Account, device?: string) {
  const browser = createBrowser();
  const verifiers = new Map<string, string>();
  let reply: Record<string, Record<string, string> | undefined> = {};

  /** Starts at an app, answers the pages between; gives the callback's parameters, or the page it ended on. */
  async function authorize(clientId: string, extra: Record<string, string> = {}) {
    const verifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      client_id: clientId,
      response_type: 'code',
      scope: 'openid',
      redirect_uri: `http://${clientId}.test/cb`,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      state: 'st',
      ...extra,
    });
    for (const [name, value] of Object.entries(extra)) if (value === '') query.delete(name);
    const callback = extra['redirect_uri'] || `http://${clientId}.test/`;
    const page = await answerPages(await browser.get(`${rig.issuer}/auth?${query}`, { stopAt: callback }), callback);
    const params = page.location?.includes('.test/cb')
      ? Object.fromEntries(new URL(page.location).searchParams)
      : undefined;
    if (params?.['code']) verifiers.set(params['code'], verifier);
    return { page, params: params as Record<string, string> | undefined };
  }

  async function answerPages(page: Page, stopAt: string): Promise<Page> {
    let now = page;
    while (now.url.includes('/interaction/') && now.status === 200) {
      const { kind } = JSON.parse(now.body) as { kind: string };
      const fields = kind in reply ? reply[kind] : defaults(kind);
      if (fields === undefined) return now;
      now = await browser.post(now.url, fields, { stopAt });
    }
    return now;
  }

  function defaults(kind: string): Record<string, string> | undefined {
    if (kind === 'sign-in') return { account: account.id, ...(device && { device }) };
    if (kind === 'consent') return { decision: 'allow' };
    if (kind === 'continue') return { decision: 'continue' };
    return undefined;
  }

  const code = (clientId: string, params: Record<string, string> | undefined) =>
    exchange(rig, clientId, {
      grant_type: 'authorization_code',
      code: params?.['code'] ?? '',
      code_verifier: verifiers.get(params?.['code'] ?? '') ?? '',
      redirect_uri: `http://${clientId}.test/cb`,
    });

  return {
    browser,
    authorize,
    code,
    /** Instead of the usual answers: by kind of page; `undefined` stops there. */
    replies(given: Record<string, Record<string, string> | undefined>) {
      reply = given;
    },
    async signIn(clientId: string, extra: Record<string, string> = {}): Promise<Tokens> {
      const { page, params } = await authorize(clientId, extra);
      if (!params?.['code']) throw new Error(`no code: ${JSON.stringify(params)} ${page.status} ${page.body}`);
      return (await code(clientId, params)) as unknown as Tokens;
    },
  };
}

export async function exchange(
  rig: Rig,
  clientId: string,
  body: Record<string, string>,
  path = '/token',
): Promise<Record<string, unknown> & { status: number }> {
  const { token_endpoint_auth_method: method } = rig.client(clientId);
  const basic = `Basic ${Buffer.from(`${clientId}:${SECRET}`).toString('base64')}`;
  const answer = await fetch(rig.issuer + path, {
    method: 'POST',
    body: new URLSearchParams(method === 'none' ? { ...body, client_id: clientId } : body),
    headers: method === 'none' ? {} : { authorization: basic },
  });
  const text = await answer.text();
  return { ...(text ? (JSON.parse(text) as object) : {}), status: answer.status };
}

export const refresh = (rig: Rig, clientId: string, token: string | undefined) =>
  exchange(rig, clientId, { grant_type: 'refresh_token', refresh_token: token ?? '' });

export const introspect = async (rig: Rig, clientId: string, token: string) =>
  (await exchange(rig, clientId, { token }, '/token/introspection'))['active'];

export const userinfo = (rig: Rig, token: string) =>
  fetch(`${rig.issuer}/me`, { headers: { authorization: `Bearer ${token}` } });

export function claimsOf(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}

export function headerOf(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString());
}
