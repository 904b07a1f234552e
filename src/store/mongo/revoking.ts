import type { ClientSession, Filter } from 'mongodb';
import type { MongoParts } from './collections.ts';
import type { ArtifactDoc } from './documents.ts';
import type { ParticipationDoc } from './session-documents.ts';

/** A grant, and an app in a session: a token may know its session although its grant was made anew since. */
type Roots = Pick<ParticipationDoc, 'grantId' | 'sessionUid' | 'clientId'>;

/** Removes the grants and tokens that die with what a write of a logout ended (DESIGN §5, "What ends when"). */
export async function revokeEnded(
  parts: MongoParts,
  ended: readonly Roots[],
  keeps: (clientId: string) => boolean,
  tx: ClientSession,
): Promise<void> {
  const byKeeping = Map.groupBy(ended, ({ clientId }) => keeps(clientId));
  await removeTokens(parts, byKeeping.get(false) ?? [], tx);
  await keepOffline(parts, byKeeping.get(true) ?? [], tx);
}

/** All that this app ever had in this session: a participation that was over already may have left a token behind. */
export async function revokeApp(
  parts: MongoParts,
  { sessionUid, clientId }: ParticipationDoc,
  offline: 'kept' | undefined,
  tx: ClientSession,
): Promise<void> {
  const rows = await parts.participations.find({ sessionUid, clientId }, { session: tx }).toArray();
  if (offline === 'kept') await keepOffline(parts, rows, tx);
  else await removeTokens(parts, rows, tx);
}

/** Removes up to `limit` grants that fit, whatever became of their sessions; answers how many. */
export async function revokeSomeGrants(parts: MongoParts, which: Filter<ArtifactDoc>, limit: number): Promise<number> {
  const fitting = { ...which, model: 'Grant' };
  const rows = await parts.artifacts
    .find(fitting, { projection: { grantId: 1 } })
    .limit(limit)
    .toArray();
  await revokeGrants(
    parts,
    rows.map(({ grantId }) => grantId),
  );
  return rows.length;
}

/** Removes grants that are dead already, with what hangs on them: no transaction, it only makes room. */
export async function revokeGrants({ artifacts }: MongoParts, ids: readonly (string | undefined)[]): Promise<void> {
  const grantId = { $in: ids.filter((id) => id !== undefined) };
  if (ids.length > 0) await artifacts.deleteMany({ grantId });
}

async function removeTokens({ artifacts }: MongoParts, roots: readonly Roots[], tx: ClientSession): Promise<void> {
  if (roots.length > 0) await artifacts.deleteMany(ofAny(roots), { session: tx });
}

/** What outlives the session hangs on its grant; a grant on which nothing such hangs goes too. */
async function keepOffline(parts: MongoParts, roots: readonly Roots[], tx: ClientSession): Promise<void> {
  if (roots.length === 0) return;
  const any = ofAny(roots);
  const grants = await grantIdsOf(parts, { ...any, model: 'Grant' }, tx);
  const offline = { grantId: { $in: grants }, bound: false, model: { $ne: 'Grant' } };
  const kept = new Set(await grantIdsOf(parts, offline, tx));
  const bare = grants.filter((grantId) => !kept.has(grantId));
  const gone = { $or: [{ bound: true }, { model: 'Grant', grantId: { $in: bare } }] };
  await parts.artifacts.deleteMany({ $and: [any, gone] }, { session: tx });
}

/** Not `distinct`: a transaction cannot ask that of a sharded collection. */
async function grantIdsOf({ artifacts }: MongoParts, which: Filter<ArtifactDoc>, tx: ClientSession): Promise<string[]> {
  const rows = await artifacts.find(which, { session: tx, projection: { grantId: 1 } }).toArray();
  return [...new Set(rows.map(({ grantId }) => grantId).filter((grantId) => grantId !== undefined))];
}

function ofAny(roots: readonly Roots[]): Filter<ArtifactDoc> {
  return { $or: [ofGrants(roots), ofApps(roots)] };
}

function ofGrants(roots: readonly Roots[]): Filter<ArtifactDoc> {
  return { grantId: { $in: roots.map(({ grantId }) => grantId) } };
}

/** Of one session, so the two lists name exactly its pairs. */
function ofApps(roots: readonly Roots[]): Filter<ArtifactDoc> {
  const sessionUid = { $in: [...new Set(roots.map((root) => root.sessionUid))] };
  const clientId = { $in: [...new Set(roots.map((root) => root.clientId))] };
  return { sessionUid, clientId, grantId: { $exists: true } };
}
