/**
 * What the adapter learns during one request to the library and needs again later in it. Hangs on the request's context,
 * which the library hands to everything it calls by an AsyncLocalStorage.
 */
import Provider, { type KoaContextWithOIDC } from 'oidc-provider';
import type { ArtifactWrite, SessionOpening, StoredSession } from '../store/store.ts';
import type { Turn } from './sign-in-turns.ts';

export interface RequestFacts {
  /** The session this request's cookie led to, as it was read. */
  stored: StoredSession | undefined;
  /** The session was saved under an id that is not the current one any more, or not at all: do not hand the id out. */
  keepCookie: boolean;
  /** The interaction that `interaction-gate.ts` has read: the library reads it once more at once, and gets this. */
  interaction: object | undefined;
  /** Ids of Grants that were found, and so are saved again, not anew. */
  readonly grants: Set<string>;
  /** What is written with the code of this request or, where it comes to none, before its answer (`late-writes.ts`). */
  late: readonly ArtifactWrite[];
  /** The session as it was saved with the code: the library hands it over once more at the end. */
  savedWithCode: SavedSession | undefined;
}

export interface SavedSession {
  /** `savedAs` of it. */
  readonly as: string;
  readonly outcome: 'saved' | 'merged';
}

const facts = new WeakMap<object, RequestFacts>();

/** The request that is being worked on; undefined outside of the library's routes. */
export function currentRequest(): KoaContextWithOIDC | undefined {
  return Provider.ctx as KoaContextWithOIDC | undefined;
}

export function factsOf(ctx: object): RequestFacts {
  const known = facts.get(ctx) ?? noFacts();
  facts.set(ctx, known);
  return known;
}

function noFacts(): RequestFacts {
  return {
    stored: undefined,
    keepCookie: false,
    interaction: undefined,
    grants: new Set(),
    late: [],
    savedWithCode: undefined,
  };
}

/**
 * How a sign-in that was just finished begins its session `uid`; undefined where the session is there already. It travels
 * in the interaction's result, so it holds the generation that was seen when the password was verified.
 */
export function openingFor(uid: string): SessionOpening | undefined {
  const ctx = currentRequest();
  return ctx && factsOf(ctx).stored?.session.uid !== uid ? openingIn(ctx) : undefined;
}

/** The turn of the sign-in that this request goes on with. */
export function turnOf(ctx: object): Turn | undefined {
  return resultIn(ctx)?.turn;
}

function openingIn(ctx: object): SessionOpening | undefined {
  return resultIn(ctx)?.opening;
}

/** What a finished sign-in left in its interaction, besides what the library reads. */
function resultIn(ctx: { readonly oidc?: { readonly result?: unknown } }) {
  return ctx.oidc?.result as { readonly opening?: SessionOpening; readonly turn?: Turn } | undefined;
}
