/** Reads and checks an RP-initiated logout; decides nothing (that is `logout/logout-policy.ts`). */
import type { Client } from '../clients/client-file.ts';
import type { Registry } from '../clients/registry.ts';
import { SCOPES, type Scope } from '../logout/logout.ts';
import type { HintWorth } from '../logout/logout-policy.ts';
import type { Facts } from '../ops/log.ts';
import { isLive, type Participation } from '../sessions/session.ts';
import type { HeldSession } from '../store/store.ts';
import { type VerifiedHint, verifyHint } from './hint.ts';
import type { Keys } from './keys.ts';
import { addressFacts, clientIdFact } from './refusal-facts.ts';
import { subjectOf } from './subject.ts';

/** What is wrong with a request; none of these ever redirects (RP-Initiated Logout §4). */
export type EndSessionFault =
  | 'duplicate_parameter'
  | 'invalid_hint'
  | 'client_mismatch'
  | 'unknown_client'
  | 'unregistered_redirect_uri'
  | 'invalid_scope';

/** An RP-initiated logout, read and checked. */
export interface EndSessionRequest {
  readonly fault: EndSessionFault | undefined;
  /** For the developer of the app: what exactly is wrong with it. */
  readonly faultDetail: string | undefined;
  /** For the log, where the request is faulty: who asked, and for which address. */
  readonly faultFacts: Facts;
  /** Who asks, by hint or `client_id`. Undefined where the request is faulty. */
  readonly client: Client | undefined;
  readonly hint: HintWorth;
  /** The participation the hint names, where it still lives: what a hint alone may end. */
  readonly liveSid: string | undefined;
  /** `logout_scope`. */
  readonly wished: Scope | undefined;
  /** The registered address to go to afterwards, with `state` when there was one. */
  readonly continueUri: string | undefined;
}

export interface EndSessionSurroundings {
  /** Who is signed in in this browser: the cookie, not the hint, says whose session ends. */
  readonly browser: HeldSession | undefined;
  readonly keys: Pick<Keys, 'publicKey' | 'pairwiseSalt'>;
  readonly registry: Pick<Registry, 'get'>;
  readonly sessions: { participation(sid: string): Promise<Participation | undefined> };
  readonly issuer: string;
}

/** RP-Initiated Logout §2, and `logout_scope`, which is ours. `ui_locales` and `logout_hint` change nothing (I14, I15). */
const PARAMETERS = [
  'id_token_hint',
  'client_id',
  'post_logout_redirect_uri',
  'state',
  'logout_scope',
  'logout_hint',
  'ui_locales',
] as const;

type Parameters = Partial<Record<(typeof PARAMETERS)[number], string>>;

type OurHint = Extract<VerifiedHint, { kind: 'ours' }>;

/** Reads the parameters of a GET or POST (RP-Initiated Logout §2; I1 to I20). An empty parameter counts as absent. */
export async function readEndSessionRequest(
  params: URLSearchParams,
  around: EndSessionSurroundings,
): Promise<EndSessionRequest> {
  const repeated = PARAMETERS.find((name) => params.getAll(name).length > 1);
  if (repeated) return faulty('duplicate_parameter', `${repeated} was sent more than once`);
  const given: Parameters = Object.fromEntries(
    PARAMETERS.map((name) => [name, params.get(name)]).filter(([, value]) => value),
  );
  const asked = factsOf(given);
  const wished = SCOPES.find((scope) => scope === given.logout_scope);
  if (given.logout_scope && !wished)
    return faulty('invalid_scope', `logout_scope must be one of ${SCOPES.join(', ')}`, asked);

  const hint = given.id_token_hint === undefined ? undefined : verifyHint(given.id_token_hint, around);
  if (hint?.kind === 'bad') return faulty('invalid_hint', `id_token_hint: ${hint.why}`, asked);
  return readClient(given, hint, wished, around);
}

async function readClient(
  given: Parameters,
  hint: OurHint | undefined,
  wished: Scope | undefined,
  around: EndSessionSurroundings,
): Promise<EndSessionRequest> {
  const clientId = hint?.clientId ?? given.client_id;
  if (given.client_id !== undefined && given.client_id !== clientId) {
    const detail = 'id_token_hint was issued to another client than client_id (I4)';
    return faulty('client_mismatch', detail, factsOf(given));
  }
  const registered = clientId === undefined ? undefined : around.registry.get(clientId);
  const client = registered?.state === 'removed' ? undefined : registered?.client;
  if (clientId !== undefined && !client) return faulty('unknown_client', 'there is no such client', factsOf(given));
  const uri = given.post_logout_redirect_uri;
  if (client && uri !== undefined && !isRegistered(client, uri)) {
    const detail = 'post_logout_redirect_uri is not registered for this client (I10)';
    return faulty('unregistered_redirect_uri', detail, factsOf({ ...given, client_id: client.client_id }, client));
  }
  return {
    fault: undefined,
    faultDetail: undefined,
    faultFacts: {},
    client,
    wished,
    ...(await judgeHint(hint, client, around)),
    // Without a client there is nobody to vouch for the address: it is ignored (I11).
    continueUri: client && uri !== undefined ? withState(uri, given.state) : undefined,
  };
}

function faulty(fault: EndSessionFault, faultDetail: string, faultFacts: Facts = {}): EndSessionRequest {
  const nothing = { client: undefined, liveSid: undefined, wished: undefined, continueUri: undefined };
  return { fault, faultDetail, faultFacts, hint: 'none', ...nothing };
}

/** The hint proves itself: who asked is known only once it did. */
function factsOf({ client_id: id, post_logout_redirect_uri: uri }: Parameters, client?: Client): Facts {
  return { client_id: clientIdFact(id), ...addressFacts(uri, client?.post_logout_redirect_uris) };
}

/** What a hint of ours is worth beside the browser's session. */
async function judgeHint(
  hint: OurHint | undefined,
  client: Client | undefined,
  { browser, sessions, keys }: EndSessionSurroundings,
): Promise<{ readonly hint: HintWorth; readonly liveSid: string | undefined }> {
  if (!hint || !client) return { hint: 'none', liveSid: undefined };
  const found = hint.sid === undefined ? undefined : await sessions.participation(hint.sid);
  const named = found?.clientId === client.client_id && found.sub === hint.sub ? found : undefined;
  const lives = named !== undefined && isLive(named);
  const liveSid = lives ? named.sid : undefined;
  if (!browser) return { hint: 'stale', liveSid };
  const { uid, accountId } = browser.session;
  if (lives && named.sessionUid === uid) return { hint: 'good', liveSid };
  const isSamePerson = named
    ? named.accountId === accountId
    : subjectOf(client, accountId, keys.pairwiseSalt) === hint.sub;
  return { hint: isSamePerson ? 'stale' : 'other-account', liveSid };
}

/** Exact, character by character: no parsing that could be tricked (I10). Only a native app's loopback port may differ. */
function isRegistered(client: Client, uri: string): boolean {
  if (client.post_logout_redirect_uris.includes(uri)) return true;
  const portless = client.application_type === 'native' ? withoutLoopbackPort(uri) : undefined;
  if (portless === undefined) return false;
  return client.post_logout_redirect_uris.some((registered) => withoutLoopbackPort(registered) === portless);
}

const LOOPBACK = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::\d{1,5})?(\/[^\\\s]*)?$/;

/** RFC 8252 §7.3, §8.3: the port is chosen when the app starts, also at `localhost`, as at a sign-in. Undefined for others. */
function withoutLoopbackPort(uri: string): string | undefined {
  const match = LOOPBACK.exec(uri);
  return match ? `${match[1]}${match[2] ?? ''}` : undefined;
}

/** `state` comes back as it was sent (I13); a custom scheme has no query that a parser would know. */
function withState(uri: string, state: string | undefined): string {
  if (state === undefined) return uri;
  return `${uri}${uri.includes('?') ? '&' : '?'}state=${encodeURIComponent(state)}`;
}
