import type { ClientSession } from 'mongodb';
import { firstDueAt } from '../session-life.ts';
import type { ArtifactWrite, NewParticipation, SessionOpening } from '../store.ts';
import { writeArtifact } from './artifact-rows.ts';
import type { MongoParts } from './collections.ts';
import { type CutOffs, isCutOff, numbersOf, readCutOffs } from './cut-offs.ts';
import { openingFields, type ParticipationDoc } from './documents.ts';
import { passGate } from './gates.ts';
import { beginsInGoodStanding, isInGoodStanding } from './standing.ts';

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
  if (!opening || !(await beginsInGoodStanding(parts, opening, tx))) return undefined;
  await parts.sessions.insertOne(arriving(uid, opening), { session: tx });
  return opening.startedAt;
}

/** The client is not removed and was not cut off since the Grant was made, and this very `sid` is not over. */
async function clientTakes(
  parts: MongoParts,
  participation: NewParticipation,
  sessionStartedAt: number,
  tx: ClientSession,
): Promise<boolean> {
  const { sid, clientId, accountId, grantId, startedAt } = participation;
  await passGate(parts, participation, tx);
  const today = await readCutOffs(parts, participation, tx);
  // Removing cuts off, so only a client that ever was can be removed; the process that asks may not have heard of it yet.
  if (today.client > 0 && (await isRemoved(parts, clientId, tx))) return false;
  if (today.client + today.app > 0 && !(await hasLiveGrant(parts, grantId, today, tx))) return false;
  const row = await parts.participations.findOneAndUpdate(
    { _id: sid, accountId },
    {
      $setOnInsert: { ...fresh(participation), ...numbersOf(today), sessionStartedAt },
      $max: { renewedAt: startedAt },
    },
    { upsert: true, returnDocument: 'after', session: tx },
  );
  return row?.state === 'live' && !isCutOff(row, today);
}

async function isRemoved({ clients }: MongoParts, clientId: string, tx: ClientSession): Promise<boolean> {
  return (await clients.findOne({ _id: clientId, state: 'removed' }, { session: tx })) !== null;
}

/** A Grant that is gone was taken by an end. */
async function hasLiveGrant(
  { artifacts }: MongoParts,
  grantId: string,
  today: CutOffs,
  tx: ClientSession,
): Promise<boolean> {
  const grant = await artifacts.findOne({ grantId, model: 'Grant' }, { session: tx });
  return grant !== null && !isCutOff(grant, today);
}

function arriving(uid: string, opening: SessionOpening) {
  const dueAt = firstDueAt('arriving', opening);
  const lastSeenAt = opening.startedAt;
  return { _id: uid, ...openingFields(opening), state: 'arriving', lastSeenAt, dueAt, writes: 1 } as const;
}

function fresh(participation: NewParticipation): Partial<ParticipationDoc> {
  const { sessionUid, clientId, sub, grantId, startedAt } = participation;
  return { sessionUid, clientId, sub, grantId, startedAt, state: 'live' };
}
