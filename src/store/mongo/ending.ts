import type { ClientSession, Filter } from 'mongodb';
import type { EndCause, EndResult, EndTarget } from '../../logout/logout.ts';
import type { PlanDeliveries, SessionStore } from '../store.ts';
import { changeAccount, cutOff, meetJoins, raiseGeneration, removeClient, spare } from './barriers.ts';
import type { MongoParts } from './collections.ts';
import { type LogoutDoc, type ParticipationDoc, type SessionDoc, toLogout } from './documents.ts';
import { revokeApp, revokeGrants } from './revoking.ts';
import { walkSlice } from './walking.ts';

/** THE end (invariant 1), and the next write of one that is too large for one write. */
export function createEnding(parts: MongoParts): Pick<SessionStore, 'end' | 'continueEnd'> {
  return {
    end: (id, target, cause, at, plan) => parts.transact((tx) => end(parts, { id, target, cause, at, plan }, tx)),
    continueEnd: (logoutId, keepsOffline, plan) =>
      parts.transact((tx) => goOn(parts, logoutId, keepsOffline, plan, tx)),
  };
}

interface Ending {
  readonly id: string;
  readonly target: EndTarget;
  readonly cause: EndCause;
  readonly at: number;
  readonly plan: PlanDeliveries;
}

/** What a target's first write found or set up. */
interface Barrier {
  readonly accountId: string | undefined;
  readonly sessionsEnded: number;
  /** The participations that end with it. */
  readonly living: Filter<ParticipationDoc>;
  /** There is a logout although no session and no participation was left: the barrier alone is an end. */
  readonly evenIfNothing: boolean;
}

/** First what makes all of it dead at this instant, then the first slice of telling the apps. */
async function end(parts: MongoParts, ending: Ending, tx: ClientSession): Promise<EndResult> {
  const barrier = await raiseBarrier(parts, ending, tx);
  if (!barrier) return { kind: 'nothing' };
  const logout = newLogout(ending, barrier);
  const { plan, cause } = ending;
  const { found, more } = await walkSlice(parts, { logout, plan, ...cause }, barrier.living, tx);
  if (found + barrier.sessionsEnded === 0 && !barrier.evenIfNothing) return { kind: 'nothing' };
  if (more) await oweTheRest(parts, logout, barrier.living, tx);
  const row = more ? { ...logout, walking: true as const } : logout;
  await parts.logouts.insertOne(row, { session: tx });
  return { kind: 'ended', logout: toLogout(row) };
}

/**
 * All of a large target is ended in its first write, so that nothing of it can be used or told twice; what the walk still
 * owes is its deliveries. A client's participations may be too many even for that: its cut-off separates them.
 */
async function oweTheRest(
  { participations }: MongoParts,
  { _id, at, target }: LogoutDoc,
  living: Filter<ParticipationDoc>,
  tx: ClientSession,
): Promise<void> {
  if (target.kind === 'client') return;
  const owed = { state: 'owed', endedAt: at, logoutId: _id } as const;
  await participations.updateMany(living, { $set: owed }, { session: tx });
}

/** The logout's row is written first: of two walkers one runs again and finds what the other left. */
async function goOn(
  parts: MongoParts,
  logoutId: string,
  keepsOffline: EndCause['keepsOffline'],
  plan: PlanDeliveries,
  tx: ClientSession,
): Promise<'more' | 'done'> {
  const which = { _id: logoutId, walking: true } as const;
  const logout = await parts.logouts.findOneAndUpdate(which, { $inc: { steps: 1 } }, { session: tx });
  if (!logout) return 'done';
  const { more } = await walkSlice(parts, { logout, keepsOffline, plan }, leftOf(logout), tx);
  if (!more) await parts.logouts.updateOne(which, { $unset: { walking: true, steps: true } }, { session: tx });
  return more ? 'more' : 'done';
}

function leftOf({ _id, target, at }: LogoutDoc): Filter<ParticipationDoc> {
  return target.kind === 'client' ? upTo(target.clientId, at) : { logoutId: _id, state: 'owed' };
}

/** What began later began after the client came back. */
function upTo(clientId: string, at: number): Filter<ParticipationDoc> {
  return { clientId, state: 'live', startedAt: { $lte: at } };
}

/** Undefined when the target is not there. */
async function raiseBarrier(parts: MongoParts, ending: Ending, tx: ClientSession): Promise<Barrier | undefined> {
  const { target } = ending;
  switch (target.kind) {
    case 'session':
      return endSession(parts, ending, target.uid, tx);
    case 'participation':
      return endParticipation(parts, target, tx);
    case 'account':
      return endAccount(parts, ending, target, tx);
    case 'account-client': {
      const { accountId, clientId } = target;
      await meetJoins(parts, accountId, tx);
      await revokeGrants(parts, { accountId, clientId }, tx);
      return { accountId, sessionsEnded: 0, living: { accountId, clientId, state: 'live' }, evenIfNothing: false };
    }
    case 'client':
      await cutOff(parts, target.clientId, ending.at, tx);
      if (ending.cause.reason === 'client-removed') await removeClient(parts, target.clientId, ending.at, tx);
      return { accountId: undefined, sessionsEnded: 0, living: upTo(target.clientId, ending.at), evenIfNothing: true };
  }
}

async function endSession(
  { sessions }: MongoParts,
  ending: Ending,
  uid: string,
  tx: ClientSession,
): Promise<Barrier | undefined> {
  const which = { _id: uid, state: { $ne: 'ended' } } as const;
  const { matchedCount } = await sessions.updateOne(which, endedBy(ending), { session: tx });
  if (matchedCount === 0) return undefined;
  const row = await sessions.findOne({ _id: uid }, { session: tx });
  const living = { sessionUid: uid, state: 'live' } as const;
  return { accountId: row?.accountId, sessionsEnded: 1, living, evenIfNothing: false };
}

async function endParticipation(
  parts: MongoParts,
  { sid, offline }: Extract<EndTarget, { kind: 'participation' }>,
  tx: ClientSession,
): Promise<Barrier | undefined> {
  const named = await parts.participations.findOne({ _id: sid }, { session: tx });
  if (!named) return undefined;
  const { accountId, sessionUid, clientId } = named;
  await parts.sessions.updateOne({ _id: sessionUid }, { $inc: { writes: 1 } }, { session: tx });
  await revokeApp(parts, named, offline, tx);
  return { accountId, sessionsEnded: 0, living: { sessionUid, clientId, state: 'live' }, evenIfNothing: false };
}

async function endAccount(
  parts: MongoParts,
  ending: Ending,
  { accountId, exceptUid }: Extract<EndTarget, { kind: 'account' }>,
  tx: ClientSession,
): Promise<Barrier | undefined> {
  const generation = await raiseGeneration(parts, accountId, tx);
  if (generation === undefined) return undefined;
  if (exceptUid !== undefined) await spare(parts, accountId, exceptUid, generation, tx);
  const older = { accountId, 'generation.account': { $lt: generation } };
  const dead = { ...older, state: { $ne: 'ended' }, dueAt: { $exists: true } } as const;
  const { modifiedCount } = await parts.sessions.updateMany(dead, endedBy(ending), { session: tx });
  await revokeGrants(parts, older, tx);
  const { accountChange } = ending.cause;
  if (accountChange) await changeAccount(parts, accountId, accountChange, ending.at, tx);
  return {
    accountId,
    sessionsEnded: modifiedCount,
    living: await ofDead(parts, accountId, generation, tx),
    evenIfNothing: true,
  };
}

/** After the barrier only a spared session is of today's generation. */
async function ofDead(
  { sessions }: MongoParts,
  accountId: string,
  generation: number,
  tx: ClientSession,
): Promise<Filter<ParticipationDoc>> {
  const today = { accountId, 'generation.account': { $gte: generation }, dueAt: { $exists: true } };
  const spared = await sessions.find(today, { session: tx, projection: { _id: 1 } }).toArray();
  return { accountId, state: 'live', sessionUid: { $nin: spared.map(({ _id }) => _id) } };
}

/** A tombstone: the row stays, so that a late save finds that it is over; what the library needs of it goes. */
function endedBy({ id, at }: Ending) {
  const gone = { dueAt: true, payload: true, authorizations: true, cookies: true } as const;
  const ended: Partial<SessionDoc> = { state: 'ended', endedAt: at, logoutId: id };
  return { $set: ended, $unset: gone };
}

function newLogout({ id, target, cause, at }: Ending, barrier: Barrier): LogoutDoc {
  return {
    _id: id,
    target,
    scope: cause.scope,
    reason: cause.reason,
    actor: cause.actor,
    at,
    accountId: barrier.accountId,
    clientId: cause.clientId,
    sealedContinueUri: cause.receipt?.sealedContinueUri,
    linkHash: cause.receipt?.linkHash,
    sessionsEnded: barrier.sessionsEnded,
  };
}
