import type { ClientSession } from 'mongodb';
import { firstDueAt } from '../session-life.ts';
import type { AlongWithCode, ArtifactWrite, NewParticipation, SessionOpening } from '../store.ts';
import { replaceArtifacts } from './artifact-rows.ts';
import type { MongoParts } from './collections.ts';
import { type CutOffs, isCutOff, numbersOf, readCutOffs } from './cut-offs.ts';
import { passGate } from './gates.ts';
import { beginSession, save } from './saving.ts';
import { openingFields, type ParticipationDoc } from './session-documents.ts';
import { beginsInGoodStanding, isInGoodStanding } from './standing.ts';

interface Joining {
  readonly participation: NewParticipation;
  readonly code: ArtifactWrite;
  readonly opening: SessionOpening | undefined;
  readonly along: AlongWithCode | undefined;
}

/**
 * Records that a client takes part, with the code that lets it. Each row that an `end` of this participation may write
 * (session, account, gate) is written here too, the session's first: one of the two then runs again and sees the other.
 * Answers `ended` with writes done that must be rolled back.
 */
export async function join(
  parts: MongoParts,
  joining: Joining,
  tx: ClientSession,
): Promise<'joined' | 'merged' | 'ended'> {
  const { code, along } = joining;
  const taking = await sessionTakes(parts, joining, tx);
  if (taking === undefined) return 'ended';
  const today = await clientTakes(parts, joining, taking.startedAt, tx);
  if (today === undefined) return 'ended';
  await replaceArtifacts(parts, [...(along?.artifacts ?? []), code], today, tx);
  if (!along?.session || taking.saved) return 'joined';
  const saved = await save(parts, along.session, tx);
  return saved === 'saved' ? 'joined' : saved;
}

/** When the session began, and whether it is saved as well now. */
interface Taking {
  readonly startedAt: number;
  readonly saved: boolean;
}

/** The session is not ended and of today's generation; or it is not there yet and its opening is. */
async function sessionTakes(
  parts: MongoParts,
  { participation, opening, along }: Joining,
  tx: ClientSession,
): Promise<Taking | undefined> {
  const { sessionUid: uid, accountId } = participation;
  const known = { _id: uid, accountId };
  const row = await parts.sessions.findOneAndUpdate(known, { $inc: { writes: 1 } }, { session: tx });
  if (row) {
    const verified = opening ? [row.generation, opening.generation] : [row.generation];
    const takes = row.state !== 'ended' && (await isInGoodStanding(parts, accountId, verified, tx));
    return takes ? { startedAt: row.startedAt, saved: false } : undefined;
  }
  if (!opening || !(await beginsInGoodStanding(parts, opening, tx))) return undefined;
  const { startedAt } = opening;
  if (along?.session) {
    await beginSession(parts, along.session, opening, tx);
    return { startedAt, saved: true };
  }
  await parts.sessions.insertOne({ _id: uid, ...arriving(opening) }, { session: tx });
  return { startedAt, saved: false };
}

/**
 * The client is not removed and was not cut off since the Grant was made, and this very `sid` is not over. Answers how often
 * it has been cut off until now.
 */
async function clientTakes(
  parts: MongoParts,
  { participation, along }: Joining,
  sessionStartedAt: number,
  tx: ClientSession,
): Promise<CutOffs | undefined> {
  const { sid, clientId, accountId, startedAt } = participation;
  await passGate(parts, participation, tx);
  const today = await readCutOffs(parts, participation, tx);
  // Removing cuts off, so only a client that ever was can be removed; the process that asks may not have heard of it yet.
  if (today.client > 0 && (await isRemoved(parts, clientId, tx))) return undefined;
  if (!isNewGrant(participation, along) && !(await hasLiveGrant(parts, participation, today, tx))) return undefined;
  const row = await parts.participations.findOneAndUpdate(
    { _id: sid, accountId },
    {
      $setOnInsert: { ...fresh(participation), ...numbersOf(today), sessionStartedAt },
      $max: { renewedAt: startedAt },
    },
    { upsert: true, returnDocument: 'after', session: tx },
  );
  return row?.state === 'live' && !isCutOff(row, today) ? today : undefined;
}

function isNewGrant({ grantId }: NewParticipation, along: AlongWithCode | undefined): boolean {
  return along?.artifacts.some((one) => one.model === 'Grant' && one.grantId === grantId) ?? false;
}

async function isRemoved({ clients }: MongoParts, clientId: string, tx: ClientSession): Promise<boolean> {
  return (await clients.findOne({ _id: clientId, state: 'removed' }, { session: tx })) !== null;
}

/** A Grant that is gone was taken by an end. One that was never cut off need not be looked up. */
async function hasLiveGrant(
  { artifacts }: MongoParts,
  { grantId }: NewParticipation,
  today: CutOffs,
  tx: ClientSession,
): Promise<boolean> {
  if (today.client + today.app === 0) return true;
  const grant = await artifacts.findOne({ grantId, model: 'Grant' }, { session: tx });
  return grant !== null && !isCutOff(grant, today);
}

function arriving(opening: SessionOpening) {
  const dueAt = firstDueAt('arriving', opening);
  const lastSeenAt = opening.startedAt;
  return { ...openingFields(opening), state: 'arriving', lastSeenAt, dueAt, writes: 1 } as const;
}

function fresh(participation: NewParticipation): Partial<ParticipationDoc> {
  const { sessionUid, clientId, sub, grantId, startedAt } = participation;
  return { sessionUid, clientId, sub, grantId, startedAt, state: 'live' };
}
