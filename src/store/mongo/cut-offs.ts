/**
 * A client, or one app of an account, is cut off by a number: participations and grants carry the one of the day they
 * began, and what carries a lower one than today's is dead. Instants would not do: a sign-in that commits between the
 * instant of an end and its write would slip past it, and so would everything of a process whose clock runs ahead.
 */
import type { ClientSession, Document } from 'mongodb';
import type { MongoParts } from './collections.ts';
import type { CutOffDoc, ParticipationDoc } from './session-documents.ts';

/** How often something was cut off when a row began, or has been until today. */
export interface CutOffs {
  readonly client: number;
  /** This app of this one account. */
  readonly app: number;
}

/** One app of one account. */
export interface App {
  readonly accountId: string;
  readonly clientId: string;
}

/** Rows from before there were numbers have none. */
type Numbered = Pick<ParticipationDoc, 'clientGeneration' | 'appGeneration'>;

/** By app: a session may have a thousand. */
export function cutOffsToday(rows: readonly CutOffDoc[]): (app: App) => CutOffs {
  const generations = new Map(rows.map(({ _id, generation }) => [_id, generation]));
  const generationOf = (key: string) => generations.get(key) ?? 0;
  return (app) => ({ client: generationOf(clientKey(app.clientId)), app: generationOf(appKey(app)) });
}

export async function readCutOffs({ cutOffs }: MongoParts, app: App): Promise<CutOffs> {
  return cutOffsToday(await cutOffs.find(ofApp(app)).toArray())(app);
}

/** A stage that puts the rows of today's numbers of one app beside a row. */
export function withCutOffsOf(app: App): Document {
  return { $lookup: { from: 'cut_offs', pipeline: [{ $match: ofApp(app) }], as: 'cutOffs' } };
}

function ofApp(app: App) {
  return { _id: { $in: [clientKey(app.clientId), appKey(app)] } };
}

export function isCutOff(row: Numbered, today: CutOffs): boolean {
  return (row.clientGeneration ?? 0) < today.client || (row.appGeneration ?? 0) < today.app;
}

/**
 * Whether a participation is over: ended, or cut off and not reached by the walk yet. All of a logout's target is dead from its
 * first write on.
 */
export function overToday(
  cutOffs: readonly CutOffDoc[],
): (row: App & Numbered & Pick<ParticipationDoc, 'state'>) => boolean {
  const today = cutOffsToday(cutOffs);
  return (row) => row.state !== 'live' || isCutOff(row, today(row));
}

/** What a row that begins today carries. */
export function numbersOf({ client, app }: CutOffs): Required<Numbered> {
  return { clientGeneration: client, appGeneration: app };
}

/** A filter for what is older than `generation`; rows without a number are. */
export function olderThan(generation: number) {
  return { $not: { $gte: generation } };
}

/** Cuts off a client; answers its new generation. */
export function cutOffClient(parts: MongoParts, clientId: string, tx: ClientSession): Promise<number> {
  return raise(parts, clientKey(clientId), tx);
}

/** Cuts off one app of an account; answers its new generation. */
export function cutOffApp(parts: MongoParts, app: App, tx: ClientSession): Promise<number> {
  return raise(parts, appKey(app), tx);
}

/** Of a deleted account: nothing of it can come back, whatever the numbers say. */
export async function forgetApps({ cutOffs }: MongoParts, accountId: string, tx: ClientSession): Promise<void> {
  const first = appKey({ accountId, clientId: '' });
  await cutOffs.deleteMany({ _id: { $gte: first, $lt: `${first}\uffff` } }, { session: tx });
}

/** Stages that put the rows of today's numbers beside a row, or beside the rows it has in `participations`. */
export function withCutOffs(clientIds: Document | string): Document[] {
  const ids = { $cond: [{ $isArray: [clientIds] }, clientIds, [clientIds]] };
  const keys = (key: Document) => ({ $map: { input: ids, as: 'clientId', in: key } });
  const ofClients = keys({ $concat: [clientKey(''), '$$clientId'] });
  const ofApps = keys({ $concat: ['app ', '$accountId', ' ', '$$clientId'] });
  return [
    { $set: { cutOffKeys: { $concatArrays: [ofClients, ofApps] } } },
    { $lookup: { from: 'cut_offs', localField: 'cutOffKeys', foreignField: '_id', as: 'cutOffs' } },
    { $unset: 'cutOffKeys' },
  ];
}

async function raise({ cutOffs }: MongoParts, key: string, tx: ClientSession): Promise<number> {
  const options = { upsert: true, returnDocument: 'after', session: tx } as const;
  const row = await cutOffs.findOneAndUpdate({ _id: key }, { $inc: { generation: 1 } }, options);
  return row?.generation ?? 1;
}

function clientKey(clientId: string): string {
  return `client ${clientId}`;
}

function appKey({ accountId, clientId }: App): string {
  return `app ${accountId} ${clientId}`;
}
