import type { ClientSession } from 'mongodb';
import type { Generation } from '../../sessions/session.ts';
import type { Artifact, ArtifactWrite, ProviderStore } from '../store.ts';
import { artifactKey, writeArtifact } from './artifact-rows.ts';
import type { MongoParts } from './collections.ts';
import type { ArtifactDoc, CutOffDoc } from './documents.ts';
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

/** Writes the session's row as well, so that this and an `end` under way meet on it. */
async function saveBound(parts: MongoParts, write: ArtifactWrite): Promise<'saved' | 'ended'> {
  const { sessionUid } = write;
  if (sessionUid === undefined) return 'ended';
  const open = { _id: sessionUid, state: { $ne: 'ended' } } as const;
  const once = async (tx: ClientSession) => {
    const { matchedCount } = await parts.sessions.updateOne(open, { $inc: { writes: 1 } }, { session: tx });
    if (matchedCount === 0) return 'ended';
    await writeArtifact(parts, write, tx);
    return 'saved';
  };
  return parts.inTurn(sessionTurn(sessionUid), () => parts.transact(once));
}

interface FoundArtifact extends ArtifactDoc {
  readonly session: readonly unknown[];
  readonly account: readonly { readonly generation: number }[];
  readonly realm: readonly { readonly generation: number }[];
  readonly cutOff: readonly CutOffDoc[];
}

const OPEN_SESSION = {
  $lookup: {
    from: 'sessions',
    localField: 'sessionUid',
    foreignField: '_id',
    pipeline: [{ $match: { state: { $ne: 'ended' } } }, { $project: { _id: 1 } }],
    as: 'session',
  },
};

/** What a Grant is judged by. */
const TODAY = [
  { $lookup: { from: 'accounts', localField: 'accountId', foreignField: '_id', as: 'account' } },
  { $lookup: { from: 'meta', pipeline: [{ $match: { _id: 'realm' } }], as: 'realm' } },
  { $lookup: { from: 'cut_offs', localField: 'clientId', foreignField: '_id', as: 'cutOff' } },
];

/** One question, so that the row and what it is judged by belong together. */
async function find(
  { artifacts }: MongoParts,
  model: string,
  idHash: string,
  now: number,
): Promise<Artifact | undefined> {
  const _id = artifactKey(model, idHash);
  const pipeline = [{ $match: { _id } }, OPEN_SESSION, ...(model === 'Grant' ? TODAY : [])];
  const [row] = await artifacts.aggregate<FoundArtifact>(pipeline).toArray();
  if (!row || (row.expiresAt !== undefined && row.expiresAt <= now)) return undefined;
  if (row.bound && row.session.length === 0) return undefined;
  return { ...toWrite(row, idHash), consumedAt: row.consumedAt, ...standing(row) };
}

function standing(row: FoundArtifact): Pick<Artifact, 'today' | 'cutOffAt'> {
  if (row.model !== 'Grant') return { today: undefined, cutOffAt: undefined };
  return { today: row.accountId === undefined ? undefined : todayOf(row), cutOffAt: row.cutOff[0]?.at };
}

function todayOf(row: FoundArtifact): Generation {
  return { account: row.account[0]?.generation ?? 0, realm: row.realm[0]?.generation ?? 0 };
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
