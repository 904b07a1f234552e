/**
 * The session cookie and its row where no app's request is under way, so where the library does not write them: signing in
 * at our own pages, and a password that is proved again.
 */
import type { Provider } from 'oidc-provider';
import type { Clock } from '../ops/clock.ts';
import { randomId, sha256 } from '../ops/ids.ts';
import type { HeldSession, SessionOpening, SessionStore } from '../store/store.ts';
import type { Exchange } from './interaction-lookup.ts';
import type { SessionBegun } from './session-begun.ts';

/** How somebody has just proved who they are, as the library keeps it with a session. */
export interface Login {
  readonly accountId: string;
  /** Seconds since the epoch. */
  readonly ts: number;
  readonly amr: readonly string[];
  readonly acr: string;
  /** False on a shared computer: the cookie goes with the browser. */
  readonly remember: boolean;
}

export interface BrowserSession {
  /** A new session in this browser. `ended`: its generation is over already, and nothing was written. */
  open(exchange: Exchange, login: Login, opening: SessionOpening): Promise<'saved' | 'ended'>;
  /** The session goes on under a new cookie, and `login` is its latest proof. Does nothing where it has ended. */
  renew(exchange: Exchange, held: HeldSession, login: Login): Promise<void>;
}

export function createBrowserSession(parts: {
  readonly store: { readonly sessions: Pick<SessionStore, 'save'> };
  readonly clock: Clock;
  readonly sessionMaxMs: number;
  readonly begun: SessionBegun;
  currentProvider(): Provider;
}): BrowserSession {
  const { store, clock } = parts;

  async function write(
    exchange: Exchange,
    uid: string,
    payload: Readonly<Record<string, unknown>>,
    opening: SessionOpening | undefined,
  ): Promise<'saved' | 'merged' | 'ended'> {
    const cookie = randomId(32);
    const now = clock.now();
    const outcome = await store.sessions.save({
      uid,
      cookieHash: sha256(cookie),
      now,
      payload,
      authorizations: {},
      opening,
    });
    if (outcome === 'saved') give(exchange, cookie, payload['transient'] === true ? undefined : now);
    return outcome;
  }

  /** As the library sets it (`provider-configuration.ts`): until the longest session is over, or with the browser. */
  function give({ req, res }: Exchange, cookie: string, now: number | undefined): void {
    const provider = parts.currentProvider();
    const attributes = { httpOnly: true, sameSite: 'lax', signed: true, path: '/', overwrite: true } as const;
    const expires = now === undefined ? {} : { expires: new Date(now + parts.sessionMaxMs) };
    provider.createContext(req, res).cookies.set(provider.cookieName('session'), cookie, { ...attributes, ...expires });
  }

  return {
    async open(exchange, login, opening) {
      const uid = randomId(32);
      const payload = { kind: 'Session', iat: login.ts, uid, ...proofOf(login) };
      const outcome = await write(exchange, uid, payload, opening);
      if (outcome !== 'saved') return 'ended';
      await parts.begun(uid, opening, undefined);
      return 'saved';
    },
    async renew(exchange, { session, payload }, login) {
      await write(exchange, session.uid, { ...payload, ...proofOf(login) }, undefined);
    },
  };
}

/** A session that was begun on a shared computer stays one. */
function proofOf({ accountId, ts, amr, acr, remember }: Login): Record<string, unknown> {
  return { accountId, loginTs: ts, amr, acr, ...(!remember && { transient: true }) };
}
