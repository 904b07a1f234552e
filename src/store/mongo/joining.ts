import type { ClientSession } from 'mongodb';
import type { ArtifactWrite, NewParticipation, SessionOpening } from '../store.ts';
import { writeArtifact } from './artifact-rows.ts';
import type { MongoParts } from './collections.ts';
import type { ParticipationDoc } from './documents.ts';
import { passGate } from './gates.ts';
import { isInGoodStanding, mayBegin } from './standing.ts';

/** A session whose own save never comes (its browser went away between the code and the answer) is due after this. */
const ARRIVING_MS = 10 * 60_000;

/**
 * Records that a client takes part, with the code that lets it. Each row that an `end` of this participation may write
 * (session, account, gate) is written here too, the session's first: one of the two then runs again and sees the other.
 * Answers `ended` with writes done that must be rolled back.
 */
export async function join(
  parts: MongoParts,
  participation: NewParticipation,
  code: ArtifactWrite,
  opening: SessionOpening | undefined,
  tx: ClientSession,
): Promise<'joined' | 'ended'> {
  const sessionStartedAt = await sessionTakes(parts, participation, opening, tx);
  if (sessionStartedAt === undefined) return 'ended';
  if (!(await clientTakes(parts, participation, sessionStartedAt, tx))) return 'ended';
  await writeArtifact(parts, code, tx);
  return 'joined';
}

/** When the session began, where it is not ended and of today's generation; or it is not there yet and its opening is. */
async function sessionTakes(
  parts: MongoParts,
  { sessionUid: uid, accountId }: NewParticipation,
  opening: SessionOpening | undefined,
  tx: ClientSession,
): Promise<number | undefined> {
  const known = { _id: uid, accountId };
  const row = await parts.sessions.findOneAndUpdate(known, { $inc: { writes: 1 } }, { session: tx });
  if (row) {
    const verified = opening ? [row.generation, opening.generation] : [row.generation];
    const takes = row.state !== 'ended' && (await isInGoodStanding(parts, accountId, verified, tx));
    return takes ? row.startedAt : undefined;
  }
  if (!opening || !(await mayBegin(parts, opening, tx))) return undefined;
  await parts.sessions.insertOne(arriving(uid, opening), { session: tx });
  return opening.startedAt;
}

/** The client is not removed and was not cut off since, and this very `sid` is not over. */
async function clientTakes(
  parts: MongoParts,
  participation: NewParticipation,
  sessionStartedAt: number,
  tx: ClientSession,
): Promise<boolean> {
  const { sid, clientId, accountId, startedAt } = participation;
  const cutOffAt = await passGate(parts, clientId, sid, tx);
  if (cutOffAt !== undefined && (cutOffAt >= startedAt || (await isRemoved(parts, clientId, tx)))) return false;
  const row = await parts.participations.findOneAndUpdate(
    { _id: sid, accountId },
    { $setOnInsert: { ...fresh(participation), sessionStartedAt }, $max: { renewedAt: startedAt } },
    { upsert: true, returnDocument: 'after', session: tx },
  );
  return row?.state === 'live';
}

/** The process that asks may not have heard of it yet. A removal closes the gates, so only a client with a cut-off can be. */
async function isRemoved({ clients }: MongoParts, clientId: string, tx: ClientSession): Promise<boolean> {
  return (await clients.findOne({ _id: clientId, state: 'removed' }, { session: tx })) !== null;
}

function arriving(uid: string, opening: SessionOpening) {
  const dueAt = opening.startedAt + ARRIVING_MS;
  return { _id: uid, ...opening, state: 'arriving', lastSeenAt: opening.startedAt, dueAt, writes: 1 } as const;
}

function fresh(participation: NewParticipation): Partial<ParticipationDoc> {
  const { sessionUid, clientId, sub, grantId, startedAt } = participation;
  return { sessionUid, clientId, sub, grantId, startedAt, state: 'live' };
}
