import type { ClientSession } from 'mongodb';
import type { ActivityEvent, NewMail, News } from '../../activity/news.ts';
import type { EventDoc } from './account-documents.ts';
import type { MongoParts } from './collections.ts';

/** Devices that are remembered of one account: whoever browses in private windows is somebody new each time. */
const DEVICES_MAX = 200;

/** What a write tells people of, in that write. */
export async function writeNews(parts: MongoParts, { events, mails }: News, tx: ClientSession): Promise<void> {
  await writeEvents(parts, events, tx);
  for (const mail of mails) await postMail(parts, mail, tx);
}

export async function writeEvents(
  { activity }: MongoParts,
  events: readonly ActivityEvent[],
  tx: ClientSession,
): Promise<void> {
  if (events.length > 0) await activity.insertMany(events.map(toEventDoc), { session: tx });
}

/** Those that are there stay as they are: the walk of a large end comes by an account more than once. */
export async function writeMissingEvents(
  { activity }: MongoParts,
  events: readonly ActivityEvent[],
  tx?: ClientSession,
): Promise<void> {
  const writes = events.map(toEventDoc).map(({ _id, ...rest }) => ({
    updateOne: { filter: { _id }, update: { $setOnInsert: rest }, upsert: true },
  }));
  if (writes.length > 0) await activity.bulkWrite(writes, tx && { session: tx });
}

/** The next failed try of the same day and address raises the count of the first. */
export async function countFailedTry({ activity }: MongoParts, event: ActivityEvent): Promise<void> {
  const { _id, at, detail, ...rest } = toEventDoc(event);
  const onInsert = { ...rest, 'detail.first_at': detail?.['first_at'] };
  const update = { $max: { at }, $inc: { 'detail.count': 1 }, $setOnInsert: onInsert };
  await activity.updateOne({ _id }, update, { upsert: true });
}

function toEventDoc({ id, ...rest }: ActivityEvent): EventDoc {
  return { _id: id, ...rest };
}

export async function postMail({ mails, links }: MongoParts, mail: NewMail, tx: ClientSession): Promise<void> {
  const { id, link, ...rest } = mail;
  await mails.insertOne({ _id: id, ...rest, state: 'waiting', attempts: 0, dueAt: mail.at }, { session: tx });
  if (!link) return;
  const { hash, ...facts } = link;
  await links.insertOne({ _id: hash, ...facts }, { session: tx });
}

/** `new` where the account has others, and this is none of them. */
export async function meetDevice(
  { accountDevices }: MongoParts,
  { accountId, deviceKey, now }: { readonly accountId: string; readonly deviceKey: string; readonly now: number },
  tx: ClientSession,
): Promise<'first' | 'new' | 'known'> {
  const _id = JSON.stringify([accountId, deviceKey]);
  const { upsertedCount } = await accountDevices.updateOne(
    { _id },
    { $max: { seenAt: now }, $setOnInsert: { accountId } },
    { upsert: true, session: tx },
  );
  if (upsertedCount === 0) return 'known';
  const [remembered] = await accountDevices
    .aggregate<{ readonly count: number; readonly forgotten: string[] }>(
      [
        { $match: { accountId } },
        { $sort: { seenAt: -1 } },
        { $limit: 2 * DEVICES_MAX },
        { $group: { _id: null, count: { $sum: 1 }, ids: { $push: '$_id' } } },
        { $project: { count: 1, forgotten: { $slice: ['$ids', DEVICES_MAX, DEVICES_MAX] } } },
      ],
      { session: tx },
    )
    .toArray();
  const { count = 1, forgotten = [] } = remembered ?? {};
  if (forgotten.length > 0) await accountDevices.deleteMany({ _id: { $in: forgotten } }, { session: tx });
  return count > 1 ? 'new' : 'first';
}

/** Compare-and-set: false for one that is spent, too old or not there. */
export async function spendLink({ links }: MongoParts, hash: string, at: number, tx: ClientSession): Promise<boolean> {
  const usable = { _id: hash, usedAt: { $exists: false }, expiresAt: { $gt: at } };
  const { matchedCount } = await links.updateOne(usable, { $set: { usedAt: at } }, { session: tx });
  return matchedCount === 1;
}

/** Who has a new password needs no older link to set one; nor must anybody else have it. */
export async function voidResets(
  { links }: MongoParts,
  accountId: string,
  at: number,
  tx: ClientSession,
): Promise<void> {
  const open = { accountId, purpose: 'reset', usedAt: { $exists: false } } as const;
  await links.updateMany(open, { $set: { usedAt: at } }, { session: tx });
}
