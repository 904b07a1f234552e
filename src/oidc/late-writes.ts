/**
 * What the library writes on its way to a code comes together with it: an interaction that led on, a new Grant, the session.
 * Apart from each other they are four writes, and two of them wait for the disk.
 */
import type { AdapterPayload, KoaContextWithOIDC } from 'oidc-provider';
import { sha256 } from '../ops/ids.ts';
import type { ArtifactWrite, Authorizations, ProviderStore, SessionWrite } from '../store/store.ts';
import { payloadOf } from './library-shapes.ts';
import { currentRequest, factsOf, openingFor } from './request-facts.ts';

/** Puts off a write that nobody was promised until the code's, or the request's end; false outside of a request. */
export function putOff(write: ArtifactWrite): boolean {
  const ctx = currentRequest();
  if (!ctx) return false;
  const facts = factsOf(ctx);
  facts.late = [...facts.late, write];
  return true;
}

/** Whether a row was put off in this request: whoever asks the store for it would miss it. */
export function isLate(model: string, idHash: string): boolean {
  const ctx = currentRequest();
  return ctx !== undefined && factsOf(ctx).late.some((one) => one.model === model && one.idHash === idHash);
}

/** Writes what was put off and came to no code. Rejects when the store does; what is not written yet is then still late. */
export async function writeLate(ctx: object, provider: Pick<ProviderStore, 'save'>): Promise<void> {
  const facts = factsOf(ctx);
  while (facts.late[0]) {
    await provider.save(facts.late[0]);
    facts.late = facts.late.slice(1);
  }
}

/** What the library hands over of a session. Undefined for nobody's: a visitor without an account leaves no row. */
export function toSessionWrite(cookie: string, payload: AdapterPayload, now: number): SessionWrite | undefined {
  const { jti: _cookie, authorizations, ...rest } = payload;
  const { uid, accountId } = rest;
  if (uid === undefined || accountId === undefined) return undefined;
  return {
    uid,
    cookieHash: sha256(cookie),
    now,
    payload: rest as Record<string, unknown>,
    authorizations: entered(authorizations),
    opening: openingFor(uid),
  };
}

/** The session of a request as the library will hand it over at its end: nothing of it changes after the code. */
export function sessionSoFar({ oidc }: KoaContextWithOIDC, now: number): SessionWrite | undefined {
  const { session } = oidc;
  if (!session) return undefined;
  const payload = { iat: Math.floor(now / 1000), ...payloadOf(session) };
  return toSessionWrite(session.jti, payload, now);
}

/**
 * What a session is saved as, but for the times, which are the library's own and the moment's. Text: what changes of it all the
 * same, after it was saved with the code, is seen.
 */
export function savedAs({ now: _now, payload: { exp: _exp, iat: _iat, ...payload }, ...write }: SessionWrite): string {
  return JSON.stringify({ ...write, payload });
}

/** Entries that a client really got; the library makes empty ones in passing. */
function entered(authorizations: AdapterPayload['authorizations']): Authorizations {
  const entries = Object.entries(authorizations ?? {}).filter(([, one]) => typeof one.sid === 'string');
  return Object.fromEntries(entries) as Authorizations;
}
