import type { ClientSession } from 'mongodb';
import { isCurrent } from '../../sessions/session.ts';
import type { Artifact, ArtifactWrite, ProviderStore } from '../store.ts';
import { appAccess } from './app-access.ts';
import { artifactKey, replaceArtifacts, rewriteArtifact, writeArtifact } from './artifact-rows.ts';
import type { MongoParts } from './collections.ts';
import { cutOffsToday, isCutOff, withCutOffs } from './cut-offs.ts';
import type { ArtifactDoc } from './documents.ts';
import type { CutOffDoc, SessionDoc } from './session-documents.ts';
import { isOpen, todayOf, WITH_TODAY, type WithToday } from './standing.ts';
import { sessionTurn } from './turns.ts';

/** Codes, tokens, grants, interactions. What is bound to a session is judged by its row, here and nowhere else. */
export function createProvider(parts: MongoParts): ProviderStore {
  const { artifacts } = parts;
  return {
    find: (model, idHash, now) => find(parts, model, idHash, now),
    async save(write) {
      if (write.bound) return saveBound(parts, write);
      await writeArtifact(parts, write);
      return 'saved';
    },
    saveAgain: async (write) => ((await rewriteArtifact(parts, write)) ? 'saved' : 'ended'),
    async consume(model, idHash, now) {
      const unused = { _id: artifactKey(model, idHash), consumedAt: { $exists: false } };
      const { modifiedCount } = await artifacts.updateOne(unused, { $set: { consumedAt: now } });
      return modifiedCount === 1;
    },
    async destroy(model, idHash) {
      await artifacts.deleteOne({ _id: artifactKey(model, idHash) });
    },
    async revokeByGrant(grantId) {
      await artifacts.deleteMany({ grantId, model: { $ne: 'Grant' } });
    },
    access: (accountId, limit) => appAccess(parts, accountId, limit),
    async removeExpired(now, limit) {
      const expired = { expiresAt: { $lte: now } };
      const rows = await artifacts
        .find(expired, { projection: { _id: 1 } })
        .sort({ expiresAt: 1 })
        .limit(limit)
        .toArray();
      const { deletedCount } = await artifacts.deleteMany({ ...expired, _id: { $in: rows.map(({ _id }) => _id) } });
      return deletedCount;
    },
  };
}

/**
 * Writes the session's row as well, so that this and an `end` under way meet on it. A session that is dead and not walked
 * yet is left alone: a storm of tokens would be in the way of its walk for as long as it blows.
 */
async function saveBound(parts: MongoParts, write: ArtifactWrite): Promise<'saved' | 'ended'> {
  const { sessionUid } = write;
  if (sessionUid === undefined || !(await isOpen(parts, sessionUid))) return 'ended';
  const open = { _id: sessionUid, state: { $ne: 'ended' } } as const;
  const once = async (tx: ClientSession) => {
    const { matchedCount } = await parts.sessions.updateOne(open, { $inc: { writes: 1 } }, { session: tx });
    if (matchedCount === 0) return 'ended';
    await replaceArtifacts(parts, [write], undefined, tx);
    return 'saved';
  };
  return parts.inTurn(sessionTurn(sessionUid), () => parts.transact(once));
}

interface FoundArtifact extends ArtifactDoc, WithToday {
  readonly session: readonly Pick<SessionDoc, 'generation'>[];
  readonly cutOffs: readonly CutOffDoc[];
}

const OPEN_SESSION = {
  $lookup: {
    from: 'sessions',
    localField: 'sessionUid',
    foreignField: '_id',
    pipeline: [{ $match: { state: { $ne: 'ended' } } }, { $project: { generation: 1 } }],
    as: 'session',
  },
};

/** What strangers begin: only time judges it, so that a row by its key is the whole question. A sign-in asks it seven times. */
const BOUND_TO_NOTHING: ReadonlySet<string> = new Set(['Interaction', 'PushedAuthorizationRequest']);

async function find(parts: MongoParts, model: string, idHash: string, now: number): Promise<Artifact | undefined> {
  const _id = artifactKey(model, idHash);
  const row = BOUND_TO_NOTHING.has(model) ? await parts.artifacts.findOne({ _id }) : await findLive(parts, model, _id);
  if (!row || (row.expiresAt !== undefined && row.expiresAt <= now)) return undefined;
  return { ...toWrite(row, idHash), consumedAt: row.consumedAt };
}

/** One question, so that the row and what it is judged by belong together. */
async function findLive({ artifacts }: MongoParts, model: string, _id: string): Promise<ArtifactDoc | undefined> {
  const cutOffs = model === 'Grant' ? withCutOffs('$clientId') : [];
  const pipeline = [{ $match: { _id } }, OPEN_SESSION, ...WITH_TODAY, ...cutOffs];
  const [row] = await artifacts.aggregate<FoundArtifact>(pipeline).toArray();
  if (row?.bound && !isOfOpenSession(row)) return undefined;
  if (row?.model === 'Grant' && !isLiveGrant(row)) return undefined;
  return row;
}

function isOfOpenSession(row: FoundArtifact): boolean {
  const [session] = row.session;
  return session !== undefined && isCurrent(session.generation, todayOf(row));
}

/** Every use of a token looks up its Grant, so this is where an end reaches all of them, walked or not. */
function isLiveGrant(row: FoundArtifact): boolean {
  const { generation, accountId, clientId = '', cutOffs } = row;
  if (!generation || accountId === undefined || !isCurrent(generation, todayOf(row))) return false;
  return !isCutOff(row, cutOffsToday(cutOffs)({ accountId, clientId }));
}

function toWrite(row: ArtifactDoc, idHash: string): ArtifactWrite {
  return {
    model: row.model,
    idHash,
    sealedPayload: row.sealedPayload,
    grantId: row.grantId,
    sessionUid: row.sessionUid,
    accountId: row.accountId,
    clientId: row.clientId,
    bound: row.bound,
    generation: row.generation,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
  };
}
