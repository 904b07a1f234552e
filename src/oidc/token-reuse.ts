import { errors } from 'oidc-provider';
import type { EndSessions } from '../logout/end-sessions.ts';
import type { Clock } from '../ops/clock.ts';
import { sha256 } from '../ops/ids.ts';
import type { Artifact, ProviderStore } from '../store/store.ts';
import { currentRequest } from './request-facts.ts';

/** A refresh token that was rotated away and shows up again. */
export type UsedToken = Artifact & { readonly consumedAt: number; readonly sid: string | undefined };

/** Judges a used refresh token that somebody found; throws `InvalidGrant` when it was presented for a new one. */
export type TokenReuse = (token: UsedToken) => Promise<void>;

/** A lost answer or two tabs at once look like theft; from the same client they are only late. */
const GRACE_MS = 10_000;

/**
 * Reuse means that the token was stolen, before or after (RFC 9700 §4.14.2, BP6): the app's participation ends and the app
 * is told; the grant goes too, because a token that outlives its session has nothing else to end. Introspecting or revoking
 * a used token is no reuse, nor is another client's attempt.
 */
export function createTokenReuse(parts: {
  store: { readonly provider: Pick<ProviderStore, 'revokeByGrant' | 'destroy'> };
  endSessions: EndSessions;
  clock: Clock;
}): TokenReuse {
  const { store, endSessions, clock } = parts;
  return async ({ consumedAt, clientId, grantId, sid }) => {
    const oidc = currentRequest()?.oidc;
    if (oidc?.route !== 'token' || clientId === undefined || oidc.client?.clientId !== clientId) return;
    if (clock.now() - consumedAt > GRACE_MS) {
      const cause = { reason: 'reuse-detected', actor: { kind: 'client', id: clientId }, clientId } as const;
      if (sid !== undefined) await endSessions({ kind: 'participation', sid }, cause);
      if (grantId !== undefined) {
        await store.provider.revokeByGrant(grantId);
        await store.provider.destroy('Grant', sha256(grantId));
      }
    }
    throw new errors.InvalidGrant('the refresh token was used already');
  };
}
