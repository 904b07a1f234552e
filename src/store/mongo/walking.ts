import type { ClientSession, Filter } from 'mongodb';
import { logoutEvent } from '../events.ts';
import { type Made, NOTHING_MADE, withoutLease } from '../new-deliveries.ts';
import type { NextWrite } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { olderThan } from './cut-offs.ts';
import { type LogoutDoc, toLogout } from './delivery-documents.ts';
import type { ArtifactDoc } from './documents.ts';
import { REALM, waitForGates } from './gates.ts';
import { transactWatched } from './handing-over.ts';
import { readParticipations } from './leasing.ts';
import { endThem } from './making-deliveries.ts';
import { writeMissingEvents } from './news.ts';
import { revokeEnded, revokeGrants, revokeSomeGrants } from './revoking.ts';
import type { ParticipationDoc, SessionDoc } from './session-documents.ts';

/** Participations of one write of a walk. Short, so that others who write to its rows seldom meet it. */
const SLICE = 250;
/** Sessions of one write of a walk: each is a row that its tabs and tokens write to. */
const SESSIONS = 100;
/** Grants of one write of a walk, with the tokens that hang on each. */
const GRANTS = 500;

interface Walk extends NextWrite {
  readonly logout: LogoutDoc;
}

/** What one write of a walk did. */
interface Slice extends Made {
  readonly logout: LogoutDoc;
  /** Participations ended. */
  readonly ended: readonly ParticipationDoc[];
  readonly more: boolean;
}

const NONE = { ...NOTHING_MADE, ended: [], more: false } as const;

/** The next writes of a walking logout; answers what became of it, undefined where nothing is walking. */
export async function walkOn(
  parts: MongoParts,
  { logoutId, ...means }: NextWrite & { readonly logoutId: string },
): Promise<LogoutDoc | undefined> {
  const slice = await walkSlice(parts, logoutId, means);
  if (!slice || slice.more) return slice?.logout;
  if (await somebodyCameLate(parts, slice.logout, means)) return slice.logout;
  if (await hasMoreGrants(parts, slice.logout)) return slice.logout;
  const done = { $unset: { walking: true, steps: true } } as const;
  await parts.logouts.updateOne({ _id: logoutId, walking: true }, done);
  const { walking: _, ...logout } = slice.logout;
  return logout;
}

async function walkSlice(parts: MongoParts, logoutId: string, means: NextWrite): Promise<Slice | undefined> {
  const slice = await transactWatched(parts, means.watch, (tx) => endSlice(parts, logoutId, means, tx));
  if (slice?.logout.target.kind === 'client' || slice?.logout.target.kind === 'everybody') {
    await revokeGrants(
      parts,
      slice.ended.map(({ grantId }) => grantId),
    );
  }
  return slice;
}

/** The logout's row is written first: of two walkers one runs again and finds what the other left. */
async function endSlice(
  parts: MongoParts,
  logoutId: string,
  means: NextWrite,
  tx: ClientSession,
): Promise<Slice | undefined> {
  const logout = await parts.logouts.findOneAndUpdate(
    { _id: logoutId, walking: true },
    { $inc: { steps: 1 } },
    { session: tx },
  );
  if (!logout) return undefined;
  const walk = { logout, ...means };
  const owed = await endParticipations(parts, walk, { logoutId, state: 'owed' }, SLICE, tx);
  if (owed.ended.length > 0) return { logout, ...owed, more: true };
  const { target, generation = 0 } = logout;
  if (target.kind === 'everybody') return endSessions(parts, walk, { 'generation.realm': { $lt: generation } }, tx);
  if (target.kind === 'account') {
    const older = { accountId: target.accountId, 'generation.account': { $lt: generation } };
    return endSessions(parts, walk, older, tx);
  }
  const which = target.kind === 'session' ? insideOf(target.uid) : olderParticipations(logout);
  if (!which) return { logout, ...NONE };
  return { logout, ...(await endParticipations(parts, walk, which, SLICE, tx)) };
}

/** A logout of the first schema has no number: all that is its to end is owed. */
function olderParticipations({ target, generation }: LogoutDoc): Filter<ParticipationDoc> | undefined {
  if (generation === undefined) return undefined;
  const older = olderThan(generation);
  if (target.kind === 'client') return { clientId: target.clientId, state: 'live', clientGeneration: older };
  if (target.kind !== 'account-client') return undefined;
  return { accountId: target.accountId, clientId: target.clientId, state: 'live', appGeneration: older };
}

/** Some sessions of an account, or of everybody, with all that is in them. New ones are of the new generation, and not its to end. */
async function endSessions(
  parts: MongoParts,
  walk: Walk,
  older: Filter<SessionDoc>,
  tx: ClientSession,
): Promise<Slice> {
  const { sessions, logouts } = parts;
  const { logout } = walk;
  const atOnce = Math.min(SESSIONS, walk.sessionsMax ?? SESSIONS);
  const rows = await sessions
    .find({ ...older, dueAt: { $exists: true } }, { session: tx, projection: { accountId: 1 } })
    .limit(atOnce)
    .toArray();
  if (rows.length === 0) return { logout, ...NONE };
  const uids = rows.map(({ _id }) => _id);
  await sessions.updateMany({ _id: { $in: uids } }, endedBy({ id: logout._id, at: logout.at }), { session: tx });
  await logouts.updateOne({ _id: logout._id }, { $inc: { sessionsEnded: uids.length } }, { session: tx });
  if (logout.target.kind === 'everybody') await tellAccounts(parts, logout, rows, tx);
  const which = { sessionUid: { $in: uids }, state: 'live' } as const;
  const slice = await endParticipations(parts, walk, which, SLICE, tx);
  if (slice.more) await oweTheRest(parts, logout, which, tx);
  const sessionsEnded = logout.sessionsEnded + uids.length;
  return { ...slice, logout: { ...logout, sessionsEnded }, more: slice.more || rows.length === atOnce };
}

/** A tombstone: the row stays, so that a late save finds that it is over; what the library needs of it goes. */
export function endedBy({ id, at }: { readonly id: string; readonly at: number }) {
  const gone = { dueAt: true, payload: true, authorizations: true, cookies: true } as const;
  const ended: Partial<SessionDoc> = { state: 'ended', endedAt: at, logoutId: id };
  return { $set: ended, $unset: gone };
}

/** What is left of a session that has ended is its logout's: nobody joins it any more. */
export function insideOf(sessionUid: string): Filter<ParticipationDoc> {
  return { sessionUid, state: 'live' };
}

/** Ends up to `limit` participations among `which` and makes their deliveries. */
export async function endParticipations(
  parts: MongoParts,
  { logout, plan, keepsOffline, watch }: Walk,
  which: Filter<ParticipationDoc>,
  limit: number,
  tx: ClientSession,
): Promise<Omit<Slice, 'logout'>> {
  const rows = await readParticipations(parts, which, limit + 1, tx);
  const ended = rows.slice(0, limit);
  if (ended.length === 0) return NONE;
  const made = await endThem(parts, [{ logout, rows: ended }], { plan, watch }, tx);
  if (logout.target.kind === 'client') await tellAccounts(parts, logout, ended, tx);
  // Tokens that are meant to outlive their session do so when a session ends, only: no number says that they are dead.
  if (logout.target.kind === 'session') await revokeEnded(parts, ended, keepsOffline, tx);
  return { ...made, ended, more: rows.length > limit };
}

/** What ends for everybody is an event of each account that it concerns. */
async function tellAccounts(
  parts: MongoParts,
  logout: LogoutDoc,
  rows: readonly Pick<ParticipationDoc, 'accountId'>[],
  tx: ClientSession,
): Promise<void> {
  const accountIds = [...new Set(rows.map(({ accountId }) => accountId))];
  const events = accountIds.map((accountId) => logoutEvent(toLogout(logout), accountId, {}));
  await writeMissingEvents(parts, events, tx);
}

/** Ended with the others, so that nothing of it can be used or told twice; its deliveries come with the walk. */
export async function oweTheRest(
  { participations }: MongoParts,
  { _id, at }: LogoutDoc,
  which: Filter<ParticipationDoc>,
  tx: ClientSession,
): Promise<void> {
  const owed = { state: 'owed', endedAt: at, logoutId: _id } as const;
  await participations.updateMany(which, { $set: owed }, { session: tx });
}

/** A sign-in that had begun before the barrier may have come in behind the walk. No other can be under way after this. */
async function somebodyCameLate(
  parts: MongoParts,
  { _id, target, sessionsEnded }: LogoutDoc,
  means: NextWrite,
): Promise<boolean> {
  if (target.kind !== 'client' && target.kind !== 'everybody') return false;
  await waitForGates(parts, target.kind === 'client' ? target.clientId : REALM);
  const late = await walkSlice(parts, _id, { ...means, watch: withoutLease(means.watch) });
  return late !== undefined && (late.ended.length > 0 || late.more || late.logout.sessionsEnded > sessionsEnded);
}

/** Every grant that is older, whatever became of its session: offline grants of ended ones are among them. */
async function hasMoreGrants(parts: MongoParts, logout: LogoutDoc): Promise<boolean> {
  const which = olderGrants(logout);
  return which !== undefined && (await revokeSomeGrants(parts, which, GRANTS)) === GRANTS;
}

function olderGrants({ target, generation }: LogoutDoc): Filter<ArtifactDoc> | undefined {
  if (generation === undefined) return undefined;
  if (target.kind === 'account') return { accountId: target.accountId, 'generation.account': { $lt: generation } };
  if (target.kind !== 'account-client') return undefined;
  return { accountId: target.accountId, clientId: target.clientId, appGeneration: olderThan(generation) };
}
