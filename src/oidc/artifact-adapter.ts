import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Registry } from '../clients/registry.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import { sha256 } from '../ops/ids.ts';
import type { Generation } from '../sessions/session.ts';
import type { ArtifactWrite, NewParticipation, ProviderStore, SessionStore } from '../store/store.ts';
import { isLate, putOff, savedAs, sessionSoFar, writeLate } from './late-writes.ts';
import { assertListed } from './programs.ts';
import { currentRequest, factsOf, openingFor } from './request-facts.ts';
import { subjectOf } from './subject.ts';
import type { TokenReuse } from './token-reuse.ts';

export interface ArtifactAdapterParts {
  readonly store: { readonly sessions: Pick<SessionStore, 'join'>; readonly provider: ProviderStore };
  readonly box: CryptoBox;
  readonly clock: Clock;
  readonly registry: Pick<Registry, 'get'>;
  readonly pairwiseSalt: string;
  readonly reuse: TokenReuse;
}

/**
 * Codes, tokens, grants and interactions over our store (DESIGN §8.2, §8.4 to §8.6). Ids are kept as hashes, payloads are
 * sealed and repeat no id; what must be judged stands beside them.
 */
export function createArtifactAdapter(model: string, parts: ArtifactAdapterParts): Adapter {
  const { provider } = parts.store;
  return {
    find: (id) => find(model, id, parts),
    upsert: (id, payload, expiresIn) => upsert(model, id, payload, expiresIn, parts),
    destroy: (id) => provider.destroy(model, sha256(id)),
    async consume(id) {
      const first = await provider.consume(model, sha256(id), parts.clock.now());
      if (!first) throw new errors.InvalidGrant('it was used already');
    },
    // The library asks once per kind of token, and only for kinds its present client may have; the store removes all.
    revokeByGrantId: async (grantId) => {
      if (model === 'AccessToken') await provider.revokeByGrant(grantId);
    },
    findByUid: unused,
    findByUserCode: unused,
  };
}

async function unused(): Promise<undefined> {
  throw new Error('only sessions are found by uid, and no device flow is on');
}

async function find(model: string, id: string, parts: ArtifactAdapterParts): Promise<AdapterPayload | undefined> {
  const ctx = currentRequest();
  if (ctx && isLate(model, sha256(id))) await writeLate(ctx, parts.store.provider);
  const artifact = await parts.store.provider.find(model, sha256(id), parts.clock.now());
  if (!artifact) return undefined;
  if (model === 'Grant' && ctx) factsOf(ctx).grants.add(id);
  const payload = JSON.parse(parts.box.open(artifact.sealedPayload)) as AdapterPayload;
  const { consumedAt } = artifact;
  if (consumedAt === undefined) return { ...payload, jti: id };
  if (model === 'RefreshToken') await parts.reuse({ ...artifact, consumedAt, sid: payload.sid });
  return { ...payload, jti: id, consumed: Math.floor(consumedAt / 1000) };
}

async function upsert(
  model: string,
  id: string,
  payload: AdapterPayload,
  expiresIn: number | undefined,
  parts: ArtifactAdapterParts,
): Promise<void> {
  if (model === 'ClientCredentials') assertListed(parts.registry, payload.clientId, payload['scope']);
  const write = toArtifactWrite(model, id, payload, expiresIn, parts);
  const outcome = await keep(id, payload, write, parts);
  if (outcome === 'ended' || (TOKENS.has(model) && !(await hasGrant(payload, parts)))) throw refusal();
}

async function keep(id: string, payload: AdapterPayload, write: ArtifactWrite, parts: ArtifactAdapterParts) {
  if (write.model === 'AuthorizationCode') return joinWithCode(payload, write, parts);
  if (write.model !== 'Grant') return parts.store.provider.save(write);
  const ctx = currentRequest();
  if (ctx && factsOf(ctx).grants.has(id)) return parts.store.provider.saveAgain(write);
  return putOff(write) ? 'saved' : parts.store.provider.save(write);
}

/** Of a `join` for the session that went along. */
const OUTCOMES = { joined: 'saved', merged: 'merged' } as const;

/** What leaves the token endpoint together with an ID token. */
const TOKENS: ReadonlySet<string> = new Set(['AccessToken', 'RefreshToken']);

/**
 * An app that was signed off while it redeems, in a session that lives, was told of its `sid` already: an ID token that
 * it gets now would begin a sign-in which nobody ever ends. Asked after the token was kept, so that an end comes either
 * before this look, or after a token that it takes with it.
 */
async function hasGrant({ grantId }: AdapterPayload, { store, clock }: ArtifactAdapterParts): Promise<boolean> {
  if (grantId === undefined) return true;
  return (await store.provider.find('Grant', sha256(grantId), clock.now())) !== undefined;
}

/** The participation is durable before the code leaves us, and the code is refused when the session has ended (§8.2). */
async function joinWithCode(payload: AdapterPayload, code: ArtifactWrite, parts: ArtifactAdapterParts) {
  const participation = toParticipation(payload, parts);
  const opening = openingFor(participation.sessionUid);
  const ctx = currentRequest();
  if (!ctx) return parts.store.sessions.join(participation, code, opening);
  const facts = factsOf(ctx);
  const session = sessionSoFar(ctx, parts.clock.now());
  const as = session && savedAs(session);
  const outcome = await parts.store.sessions.join(participation, code, opening, { artifacts: facts.late, session });
  facts.late = outcome === 'ended' ? facts.late.filter(({ model }) => model !== 'Grant') : [];
  if (as !== undefined && outcome !== 'ended') facts.savedWithCode = { as, outcome: OUTCOMES[outcome] };
  return outcome;
}

function toParticipation(payload: AdapterPayload, { registry, clock, pairwiseSalt }: ArtifactAdapterParts) {
  const { sid, sessionUid, clientId, accountId, grantId } = payload;
  const client = registry.get(clientId ?? '')?.client;
  if (!sid || !sessionUid || !accountId || !grantId || !client) throw new Error('a code without a participation');
  return {
    sid,
    sessionUid,
    clientId: client.client_id,
    accountId,
    sub: subjectOf(client, accountId, pairwiseSalt),
    grantId,
    startedAt: clock.now(),
  } satisfies NewParticipation;
}

/** An app learns what it can act on: sign in again, or that its grant is gone. */
function refusal(): Error {
  const description = 'the session has ended';
  return currentRequest()?.oidc.route === 'token'
    ? new errors.InvalidGrant(description)
    : new errors.LoginRequired(description);
}

/** The row of an artifact: its payload sealed, and beside it what must be judged. */
export function toArtifactWrite(
  model: string,
  id: string,
  payload: AdapterPayload,
  expiresIn: number | undefined,
  { box, clock }: ArtifactAdapterParts,
): ArtifactWrite {
  const now = clock.now();
  return {
    model,
    idHash: sha256(id),
    sealedPayload: box.seal(JSON.stringify(worthKeeping(model, payload))),
    grantId: model === 'Grant' ? id : payload.grantId,
    sessionUid: payload.sessionUid ?? (model === 'Grant' ? currentRequest()?.oidc.session?.uid : undefined),
    accountId: payload.accountId,
    clientId: payload.clientId,
    bound: model === 'AuthorizationCode' || payload.expiresWithSession === true,
    generation: model === 'Grant' ? generationOfRequest() : undefined,
    createdAt: now,
    expiresAt: expiresIn === undefined ? undefined : now + expiresIn * 1000,
  };
}

/**
 * The row's key says the id; an interaction would also carry the browser's live session cookie. A refresh token forgets
 * the nonce, which the library would repeat in refreshed ID tokens (Core §12.2: it should not be there).
 */
function worthKeeping(model: string, { jti: _id, ...payload }: AdapterPayload): AdapterPayload {
  if (model === 'RefreshToken') return { ...payload, nonce: undefined };
  if (!payload.session?.cookie) return payload;
  const { cookie: _cookie, ...session } = payload.session;
  return { ...payload, session };
}

/** Of the session's row, or of the password that was just verified; never the account's newest (DESIGN §8.6). */
function generationOfRequest(): Generation | undefined {
  const ctx = currentRequest();
  const uid = ctx?.oidc.session?.uid;
  if (!ctx || uid === undefined) return undefined;
  return openingFor(uid)?.generation ?? factsOf(ctx).stored?.session.generation;
}
