import type { ClientSession, Document } from 'mongodb';
import { type Generation, isCurrent } from '../../sessions/session.ts';
import type { SessionOpening } from '../store.ts';
import type { AccountDoc } from './account-documents.ts';
import type { MongoParts } from './collections.ts';
import { type App, type CutOffs, cutOffsToday, withCutOffsOf } from './cut-offs.ts';
import { passGates, REALM } from './gates.ts';
import { realmGeneration } from './realm.ts';
import type { CutOffDoc, SessionDoc } from './session-documents.ts';

/** Today's generations. An account that is not there has generation 0. */
export async function generationToday(parts: MongoParts, accountId: string): Promise<Generation> {
  const account = await parts.accounts.findOne({ _id: accountId }, { projection: { generation: 1 } });
  return { account: account?.generation ?? 0, realm: await realmGeneration(parts) };
}

/** What a sign-in at an app is judged by. */
export interface Standing {
  readonly isActive: boolean;
  readonly generation: Generation;
  readonly cutOffs: CutOffs;
}

/** Of an account at one app, in one question; undefined where there is no such account. */
export async function standingAt(parts: MongoParts, app: App, tx: ClientSession): Promise<Standing | undefined> {
  const [found] = await parts.accounts
    .aggregate<Pick<AccountDoc, 'state' | 'generation'> & Pick<WithToday, 'realm'> & { readonly cutOffs: CutOffDoc[] }>(
      [{ $match: { _id: app.accountId } }, { $project: { state: 1, generation: 1 } }, WITH_REALM, withCutOffsOf(app)],
      { session: tx },
    )
    .toArray();
  if (!found) return undefined;
  const { state, generation, cutOffs } = found;
  return {
    isActive: state === 'active',
    generation: { account: generation, realm: realmOf(found) },
    cutOffs: cutOffsToday(cutOffs)(app),
  };
}

/** Whether what was verified under `verified` may go on: the account is active and nothing was raised since. Pure. */
export function isInGoodStanding({ isActive, generation }: Standing, verified: readonly Generation[]): boolean {
  return isActive && verified.every((own) => isCurrent(own, generation));
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

const WITH_REALM: Document = { $lookup: { from: 'meta', pipeline: [{ $match: { _id: 'realm' } }], as: 'realm' } };

export const WITH_TODAY: Document[] = [
  { $lookup: { from: 'accounts', localField: 'accountId', foreignField: '_id', as: 'account' } },
  WITH_REALM,
];

export function todayOf(row: WithToday): Generation {
  return { account: row.account[0]?.generation ?? 0, realm: realmOf(row) };
}

function realmOf({ realm }: Pick<WithToday, 'realm'>): number {
  return realm[0]?.generation ?? 0;
}

/**
 * Whether a session may begin: the account is active, and nothing was raised since it was verified. Writes the account, so
 * that this row collides with an `end` of the account under way: that one has looked for the account's sessions already and
 * would not find it. Passes a gate of the realm for the same reason: an end of everybody waits there for who had begun.
 */
export async function beginsInGoodStanding(
  parts: MongoParts,
  opening: SessionOpening,
  tx: ClientSession,
): Promise<boolean> {
  if (!(await countStart(parts, opening, tx))) return false;
  await passGates(parts, [REALM], opening.accountId, tx);
  return opening.generation.realm >= (await realmGeneration(parts, tx));
}

/** Writes the account of a session that begins; false where it is not active, or was raised since. */
export async function countStart(parts: MongoParts, opening: SessionOpening, tx: ClientSession): Promise<boolean> {
  const filter = { _id: opening.accountId, state: 'active', generation: { $lte: opening.generation.account } } as const;
  const update = { $inc: { starts: 1 }, ...(opening.locale !== undefined && { $set: { locale: opening.locale } }) };
  const { matchedCount } = await parts.accounts.updateOne(filter, update, { session: tx });
  return matchedCount > 0;
}
