/** Everybody: one number that makes all of it dead. The walk through it is `walking.ts`. */
import type { ClientSession } from 'mongodb';
import type { MongoParts } from './collections.ts';

export async function realmGeneration({ meta }: Pick<MongoParts, 'meta'>, tx?: ClientSession): Promise<number> {
  const realm = await meta.findOne({ _id: 'realm' }, tx && { session: tx });
  return realm?.generation ?? 0;
}

/** Answers the new generation. */
export async function raiseRealm({ meta }: MongoParts, tx: ClientSession): Promise<number> {
  const options = { upsert: true, returnDocument: 'after', session: tx } as const;
  const realm = await meta.findOneAndUpdate({ _id: 'realm' }, { $inc: { generation: 1 } }, options);
  return realm?.generation ?? 1;
}

/** Lifts one session and its grants over the barrier; only one that was of the generation before. */
export async function spareInRealm(
  { sessions, participations, artifacts }: MongoParts,
  uid: string,
  generation: number,
  tx: ClientSession,
): Promise<void> {
  const before = { 'generation.realm': generation - 1 };
  const lift = { $set: { 'generation.realm': generation } };
  const living = { ...before, _id: uid, state: { $ne: 'ended' } } as const;
  if ((await sessions.updateOne(living, lift, { session: tx })).matchedCount === 0) return;
  const live = await participations.find({ sessionUid: uid, state: 'live' }, { session: tx }).toArray();
  const grantIds = live.map(({ grantId }) => grantId);
  await artifacts.updateMany({ ...before, grantId: { $in: grantIds }, model: 'Grant' }, lift, { session: tx });
  await artifacts.updateMany({ ...before, sessionUid: uid, model: 'Grant' }, lift, { session: tx });
}
