import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Clock } from '../ops/clock.ts';
import { sha256 } from '../ops/ids.ts';
import type { SessionStore, StoredSession } from '../store/store.ts';
import { savedAs, toSessionWrite } from './late-writes.ts';
import { currentRequest, factsOf } from './request-facts.ts';
import type { SessionBegun } from './session-begun.ts';
import type { SessionLookup } from './session-lookup.ts';

export interface SessionAdapterParts {
  readonly store: { readonly sessions: Pick<SessionStore, 'save' | 'retireCookie' | 'touch'> };
  readonly lookup: SessionLookup;
  readonly begun: SessionBegun;
  readonly clock: Clock;
}

/** The library's `expires_in` would be whole seconds of its own; ours judge the row. */
const SECOND_MS = 1000;

/** A use moves `lastSeenAt` once a minute at most. */
const TOUCH_AFTER_MS = 60_000;

/** Routes that count as use of the session at an app; introspection and revocation do not. */
const USES: ReadonlySet<string> = new Set(['token', 'userinfo']);

/**
 * The library's sessions over our table (DESIGN §8.3, §8.4): one row per `uid`, the cookie's id only as a hash. `destroy`
 * is what the library does at every rotation of that id, so it means "retired", never "signed out".
 */
export function createSessionAdapter(parts: SessionAdapterParts): Adapter {
  const { store, lookup, clock } = parts;
  return {
    async find(cookie) {
      const stored = await lookup.byCookie(cookie);
      const ctx = currentRequest();
      if (stored && ctx) factsOf(ctx).stored = stored;
      return stored && { ...toPayload(stored), jti: cookie };
    },
    async findByUid(uid) {
      const stored = await lookup.byUid(uid);
      if (stored) await countUse(parts, stored);
      return stored && toPayload(stored);
    },
    upsert: (cookie, payload) => save(parts, cookie, payload),
    destroy: (cookie) => store.sessions.retireCookie(sha256(cookie), clock.now()),
    consume: unused,
    findByUserCode: unused,
    revokeByGrantId: unused,
  };
}

async function unused(): Promise<undefined> {
  throw new Error('sessions are not asked for this');
}

/** What the library reads back. Its own expiry is only a copy of what our row says. */
function toPayload({ session, payload, authorizations }: StoredSession): AdapterPayload {
  const dueAt = Math.min(session.lastSeenAt + session.idleMs, session.expiresAt);
  return {
    ...payload,
    uid: session.uid,
    accountId: session.accountId,
    authorizations: authorizations as NonNullable<AdapterPayload['authorizations']>,
    exp: Math.ceil(dueAt / SECOND_MS),
  };
}

async function save(parts: SessionAdapterParts, cookie: string, payload: AdapterPayload): Promise<void> {
  const write = toSessionWrite(cookie, payload, parts.clock.now());
  if (!write) return;
  const ctx = currentRequest();
  const saved = ctx && factsOf(ctx).savedWithCode;
  const isSaved = saved?.as === savedAs(write);
  const outcome = isSaved ? saved.outcome : await parts.store.sessions.save(write);
  if (outcome !== 'saved' && ctx) factsOf(ctx).keepCookie = true;
  if (outcome === 'saved' && write.opening) await parts.begun(write.uid, write.opening, ctx?.oidc.client?.clientId);
}

async function countUse({ store, clock }: SessionAdapterParts, { session }: StoredSession): Promise<void> {
  const route = currentRequest()?.oidc?.route;
  if (route === undefined || !USES.has(route)) return;
  const now = clock.now();
  if (now - session.lastSeenAt >= TOUCH_AFTER_MS) await store.sessions.touch(session.uid, now);
}
