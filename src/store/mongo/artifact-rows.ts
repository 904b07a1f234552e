import type { AnyBulkWriteOperation, ClientSession } from 'mongodb';
import type { ArtifactWrite } from '../store.ts';
import type { MongoParts } from './collections.ts';
import { type CutOffs, numbersOf, readCutOffs } from './cut-offs.ts';
import type { ArtifactDoc } from './documents.ts';

/** The key of an artifact. A model's name holds no space. */
export function artifactKey(model: string, idHash: string): string {
  return `${model} ${idHash}`;
}

/**
 * Inserts or replaces. What was consumed stays consumed, and what was cut off stays so: saving again must make neither a
 * replay possible nor a Grant young. A Grant whose client is cut off between the look and the write is dead, as it should.
 */
export async function writeArtifact(parts: MongoParts, write: ArtifactWrite): Promise<void> {
  const today = write.model === 'Grant' ? await cutOffsOf(parts, write) : undefined;
  await replaceArtifacts(parts, [write], today);
}

/** The same of several in one command, within a transaction that knows the numbers of a Grant's client already. */
export async function replaceArtifacts(
  { artifacts }: MongoParts,
  writes: readonly ArtifactWrite[],
  today: CutOffs | undefined,
  tx?: ClientSession,
): Promise<void> {
  await artifacts.bulkWrite(
    writes.map((write) => replacement(write, today)),
    tx && { session: tx },
  );
}

function replacement(write: ArtifactWrite, today: CutOffs | undefined): AnyBulkWriteOperation<ArtifactDoc> {
  const { given, absent } = fields(write);
  const update = {
    $set: given,
    $setOnInsert: write.model === 'Grant' && today ? numbersOf(today) : {},
    ...(Object.keys(absent).length > 0 && { $unset: absent }),
  };
  return { updateOne: { filter: { _id: artifactKey(write.model, write.idHash) }, update, upsert: true } };
}

/** Replaces what a row that is there holds; answers whether it is. It stays as old as it was. */
export async function rewriteArtifact({ artifacts }: MongoParts, write: ArtifactWrite): Promise<boolean> {
  const { sealedPayload, expiresAt } = write;
  const filter = { _id: artifactKey(write.model, write.idHash) };
  const { matchedCount } = await artifacts.updateOne(filter, { $set: { sealedPayload, expiresAt } });
  return matchedCount === 1;
}

function cutOffsOf(parts: MongoParts, { accountId = '', clientId = '' }: ArtifactWrite): Promise<CutOffs> {
  return readCutOffs(parts, { accountId, clientId });
}

/** What an earlier write said and this one does not say any more has to go. */
function fields({ idHash: _, ...rest }: ArtifactWrite) {
  const given: Partial<Omit<ArtifactDoc, '_id'>> = rest;
  const absent = Object.entries(rest).filter(([, value]) => value === undefined);
  return { given, absent: Object.fromEntries(absent.map(([name]) => [name, true as const])) };
}
