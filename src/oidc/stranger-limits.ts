/**
 * What somebody may cost whom we do not know: rows of sign-ins that were begun, requests that were pushed or parked,
 * refusals. Counted by address, or by session where somebody is signed in; an app that proves itself is never counted.
 */
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { Registry } from '../clients/registry.ts';
import { AppError } from '../errors.ts';
import type { Clock } from '../ops/clock.ts';
import { createLimiter, type Limiter, type Rate } from '../ops/limiter.ts';
import type { Log } from '../ops/log.ts';
import { limitKeyOf } from '../ops/network.ts';

export interface StrangerLimits {
  /** By `addressKey` or `sessionKey`. */
  readonly strangers: Limiter;
  /** Failed proofs of one address for one client that has a secret or a key. */
  readonly failedProofs: Limiter;
  /** The one answer for whoever is over, and its line in the log. */
  refuse(
    facts: { readonly limit: 'request' | 'client'; readonly address: string; readonly client_id?: string },
    waitMs: number,
  ): AppError;
}

/** A refusal costs no row. */
const REFUSAL_COST = 0.1;
/** An app whose secret is wrong notices it at its first sign-in. */
const PROOF_SHARE = 0.1;

export function createStrangerLimits(parts: {
  readonly clock: Clock;
  /** Undefined: off. */
  readonly rate: Rate | undefined;
  readonly log: Log;
}): StrangerLimits {
  const { clock, rate, log } = parts;
  const ofProofs = rate && { burst: Math.max(1, rate.burst * PROOF_SHARE), perSecond: rate.perSecond * PROOF_SHARE };
  return {
    strangers: createLimiter({ clock, rate }),
    failedProofs: createLimiter({ clock, rate: ofProofs }),
    refuse(facts, waitMs) {
      log.warn('limit.reached', facts);
      return tooMany(waitMs);
    },
  };
}

export function addressKey(address: string): string {
  return `address ${limitKeyOf(address)}`;
}

export function sessionKey(uid: string): string {
  return `session ${uid}`;
}

/** Without a stack, which nobody reads and a flood would have us trace for each of its requests. */
function tooMany(waitMs: number): AppError {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return new AppError({
      code: 'too_many_requests',
      status: 429,
      words: 'error.too_many_requests',
      retryAfterS: Math.max(1, Math.ceil(waitMs / 1_000)),
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

interface Parts {
  readonly limits: StrangerLimits;
  readonly registry: Pick<Registry, 'get'>;
}

/** Where apps prove themselves. */
const PROGRAM_ROUTES: ReadonlySet<string> = new Set([
  'token',
  'introspection',
  'revocation',
  'pushed_authorization_request',
]);

/**
 * Asked when the library looks up the client of a request, which is before it compares a secret or writes a row. Throws
 * at an authorization an AppError (a page), elsewhere the library's own error (JSON).
 */
export function admitStranger(ctx: KoaContextWithOIDC, clientId: string, { limits, registry }: Parts): void {
  if (ctx.oidc.route === 'authorization') admitAuthorization(ctx, limits);
  else if (PROGRAM_ROUTES.has(ctx.oidc.route)) admitProgram(ctx, clientId, { limits, registry });
}

/**
 * The same at `/auth`, before the library has read anything: a browser that brings no session is counted by its address, and
 * is refused by it whatever it asks for. Throws the AppError.
 */
export function refuseAtTheDoor(
  { method, path, ip, cookies }: Pick<KoaContextWithOIDC, 'method' | 'path' | 'ip' | 'cookies'>,
  sessionCookies: readonly string[],
  { strangers, refuse }: StrangerLimits,
): void {
  if (method !== 'GET' || path !== '/auth') return;
  const waitMs = strangers.waitMs(addressKey(ip));
  if (waitMs === 0 || sessionCookies.some((name) => cookies.get(name, { signed: false }) !== undefined)) return;
  throw refuse({ limit: 'request', address: ip }, waitMs);
}

function admitAuthorization(ctx: KoaContextWithOIDC, { strangers, refuse }: StrangerLimits): void {
  const waitMs = strangers.waitMs(personKey(ctx));
  if (waitMs === 0) return;
  // The library shows an error that is exposed, and sends the browser nowhere without `allow_redirect`.
  throw Object.assign(refuse({ limit: 'request', address: ctx.ip }, waitMs), { statusCode: 429, expose: true });
}

function admitProgram(ctx: KoaContextWithOIDC, clientId: string, { limits, registry }: Parts): void {
  const proves = hasProof(registry, clientId);
  const waitMs = proves
    ? limits.failedProofs.waitMs(proofKey(ctx, clientId))
    : limits.strangers.waitMs(addressKey(ctx.ip));
  if (waitMs === 0) return;
  const facts = { address: ctx.ip, ...(proves && { client_id: clientId }) };
  const { retryAfterS, publicMessage } = limits.refuse({ limit: proves ? 'client' : 'request', ...facts }, waitMs);
  ctx.set('Retry-After', String(retryAfterS));
  throw new TooMany(publicMessage);
}

/** OAuth has no word for it at these endpoints; the status says it (RFC 6585 §4). */
class TooMany extends errors.CustomOIDCProviderError {
  override status = 429;
  override statusCode = 429;

  constructor(description: string) {
    super('temporarily_unavailable', description);
  }
}

/** Counts what each request turned out to cost. */
export function countStrangers(provider: Provider, { limits, registry }: Parts): void {
  const { strangers, failedProofs } = limits;
  provider.on('interaction.started', (ctx) => strangers.take(personKey(ctx)));
  provider.on('authorization.error', (ctx, error) => {
    if (!(error instanceof AppError)) strangers.take(personKey(ctx), REFUSAL_COST);
  });
  provider.on('pushed_authorization_request.success', (ctx, client) => {
    if (!hasProof(registry, client.clientId)) strangers.take(addressKey(ctx.ip));
  });

  function refused(ctx: KoaContextWithOIDC, error: Error): void {
    if (error instanceof TooMany) return;
    const clientId = ctx.oidc.client?.clientId ?? '';
    if (!hasProof(registry, clientId)) strangers.take(addressKey(ctx.ip), REFUSAL_COST);
    else if (error instanceof errors.InvalidClientAuth) failedProofs.take(proofKey(ctx, clientId));
  }
  for (const event of REFUSALS) provider.on(event as 'grant.error', refused);
}

const REFUSALS = ['grant.error', 'introspection.error', 'revocation.error', 'pushed_authorization_request.error'];

/** An app with a secret or a key; nothing else can prove itself, and an unknown id is nobody. */
function hasProof(registry: Pick<Registry, 'get'>, clientId: string): boolean {
  const client = registry.get(clientId)?.client;
  return client !== undefined && client.token_endpoint_auth_method !== 'none';
}

function proofKey(ctx: KoaContextWithOIDC, clientId: string): string {
  return `${addressKey(ctx.ip)} ${clientId}`;
}

function personKey({ ip, oidc }: KoaContextWithOIDC): string {
  const { session } = oidc;
  return session?.accountId === undefined ? addressKey(ip) : sessionKey(session.uid);
}
