import type { ClientSession } from 'mongodb';
import type { Generation } from '../../sessions/session.ts';
import { firstDueAt } from '../session-life.ts';
import type { AlongWithCode, ArtifactWrite, NewParticipation, SessionOpening, SessionWrite } from '../store.ts';
import { replaceArtifacts } from './artifact-rows.ts';
import type { MongoParts } from './collections.ts';
import { type CutOffs, isCutOff, numbersOf } from './cut-offs.ts';
import { passGates, REALM } from './gates.ts';
import { firstRow, saveKnown, tellOfSignIn } from './saving.ts';
import { openingFields, type ParticipationDoc, type SessionDoc } from './session-documents.ts';
import { countStart, isInGoodStanding, standingAt } from './standing.ts';

interface Joining {
  readonly participation: NewParticipation;
  readonly code: ArtifactWrite;
  readonly opening: SessionOpening | undefined;
  readonly along: AlongWithCode | undefined;
}

/**
 * Records that a client takes part, with the code that lets it. Each row that an `end` of this participation may write
 * (session, account, gates) is written here too, the session's first: one of the two then runs again and sees the other.
 * Answers `ended` with writes done that must be rolled back.
 */
export async function join(
  parts: MongoParts,
  joining: Joining,
  tx: ClientSession,
): Promise<'joined' | 'merged' | 'ended'> {
  const { participation, code, along } = joining;
  const { accountId, clientId } = participation;
  const met = await meetSession(parts, joining, tx);
  if (met === undefined) return 'ended';
  await passGates(parts, met.row ? [clientId] : [REALM, clientId], accountId, tx);
  const today = await standingAt(parts, participation, tx);
  if (!today || !isInGoodStanding(today, met.verified)) return 'ended';
  const admitted = { ...joining, today: today.cutOffs, sessionStartedAt: met.startedAt };
  if (!(await clientTakes(parts, admitted, tx))) return 'ended';
  await replaceArtifacts(parts, [...(along?.artifacts ?? []), code], today.cutOffs, tx);
  if (!along?.session || !met.row) return 'joined';
  const saved = await saveKnown(parts, met.row, along.session, tx);
  return saved === 'saved' ? 'joined' : saved;
}

interface Met {
  /** The session as it was before; undefined where it begins with this, saved as well where that came along. */
  readonly row: SessionDoc | undefined;
  readonly startedAt: number;
  /** What it stands and falls with. */
  readonly verified: readonly Generation[];
}

/** Writes the session's row, or begins it where it is not there. Undefined for one that has ended, or may not begin. */
async function meetSession(
  parts: MongoParts,
  { participation, opening, along }: Joining,
  tx: ClientSession,
): Promise<Met | undefined> {
  const known = { _id: participation.sessionUid, accountId: participation.accountId };
  const update = { $inc: { writes: 1 }, ...(opening && { $setOnInsert: openedRow(opening, along?.session) }) };
  const row = await parts.sessions.findOneAndUpdate(known, update, { upsert: opening !== undefined, session: tx });
  if (row) {
    const verified = opening ? [row.generation, opening.generation] : [row.generation];
    return row.state === 'ended' ? undefined : { row, startedAt: row.startedAt, verified };
  }
  if (!opening || !(await countStart(parts, opening, tx))) return undefined;
  if (along?.session) await tellOfSignIn(parts, along.session, opening, tx);
  return { row: undefined, startedAt: opening.startedAt, verified: [opening.generation] };
}

/** The first row, but for what the write that looks for it sets in any case: its account and the count of its writes. */
function openedRow(opening: SessionOpening, write: SessionWrite | undefined): Partial<SessionDoc> {
  const { accountId: _, writes: __, ...row } = write ? firstRow(write, opening, 1) : arriving(opening);
  return row;
}

interface Admitted extends Joining {
  readonly today: CutOffs;
  readonly sessionStartedAt: number;
}

/** The client is not removed and was not cut off since the Grant was made, and this very `sid` is not over. */
async function clientTakes(
  parts: MongoParts,
  { participation, along, today, sessionStartedAt }: Admitted,
  tx: ClientSession,
): Promise<boolean> {
  const { sid, clientId, accountId, startedAt } = participation;
  // Removing cuts off, so only a client that ever was can be removed; the process that asks may not have heard of it yet.
  if (today.client > 0 && (await isRemoved(parts, clientId, tx))) return false;
  if (!isNewGrant(participation, along) && !(await hasLiveGrant(parts, participation, today, tx))) return false;
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
