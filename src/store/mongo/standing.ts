import type { ClientSession, Document } from 'mongodb';
import { type Generation, isCurrent } from '../../sessions/session.ts';
import type { SessionOpening } from '../store.ts';
import type { AccountDoc } from './account-documents.ts';
import type { MongoParts } from './collections.ts';
import { passGate, REALM } from './gates.ts';
import { realmGeneration } from './realm.ts';
import type { SessionDoc } from './session-documents.ts';

/** Today's generations. An account that is not there has generation 0. */
export async function generationToday(parts: MongoParts, accountId: string, tx?: ClientSession): Promise<Generation> {
  const account = await accountRow(parts, accountId, tx);
  return { account: account?.generation ?? 0, realm: await realmGeneration(parts, tx) };
}

/** Whether what was verified under `verified` may go on: the account is active and nothing was raised since. */
export async function isInGoodStanding(
  parts: MongoParts,
  accountId: string,
  verified: readonly Generation[],
  tx: ClientSession,
): Promise<boolean> {
  const account = await accountRow(parts, accountId, tx);
  if (account?.state !== 'active') return false;
  const today = { account: account.generation, realm: await realmGeneration(parts, tx) };
  return verified.every((own) => isCurrent(own, today));
}

/** Whether a session is there, neither ended nor of an older generation; one question. */
export async function isOpen({ sessions }: MongoParts, uid: string): Promise<boolean> {
  const [row] = await sessions
    .aggregate<SessionDoc & WithToday>([{ $match: { _id: uid, state: { $ne: 'ended' } } }, ...WITH_TODAY])
    .toArray();
  return row !== undefined && isCurrent(row.generation, todayOf(row));
}

/** What `WITH_TODAY` puts beside a row of an account. */
export interface WithToday {
  readonly account: readonly { readonly generation: number }[];
  readonly realm: readonly { readonly generation: number }[];
}

export const WITH_TODAY: Document[] = [
  { $lookup: { from: 'accounts', localField: 'accountId', foreignField: '_id', as: 'account' } },
  { $lookup: { from: 'meta', pipeline: [{ $match: { _id: 'realm' } }], as: 'realm' } },
];

export function todayOf({ account, realm }: WithToday): Generation {
  return { account: account[0]?.generation ?? 0, realm: realm[0]?.generation ?? 0 };
}

/**
 * The same for a session's first row. Writes the account, so that this row collides with an `end` of the account under
 * way: that one has looked for the account's sessions already and would not find it. Passes a gate of the realm for the same
 * reason: an end of everybody waits there for who had begun.
 */
export async function beginsInGoodStanding(
  parts: MongoParts,
  opening: SessionOpening,
  tx: ClientSession,
): Promise<boolean> {
  const filter = { _id: opening.accountId, state: 'active', generation: { $lte: opening.generation.account } } as const;
  const update = { $inc: { starts: 1 }, ...(opening.locale !== undefined && { $set: { locale: opening.locale } }) };
  const { matchedCount } = await parts.accounts.updateOne(filter, update, { session: tx });
  if (matchedCount === 0) return false;
  await passGate(parts, { clientId: REALM, accountId: opening.accountId }, tx);
  return opening.generation.realm >= (await realmGeneration(parts, tx));
}

async function accountRow(
  { accounts }: MongoParts,
  accountId: string,
  tx: ClientSession | undefined,
): Promise<Pick<AccountDoc, 'state' | 'generation'> | undefined> {
  const options = { projection: { state: 1, generation: 1 }, ...(tx && { session: tx }) };
  return (await accounts.findOne({ _id: accountId }, options)) ?? undefined;
}
