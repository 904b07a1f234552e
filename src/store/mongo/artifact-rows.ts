import type { ClientSession } from 'mongodb';
import type { ArtifactWrite } from '../store.ts';
import type { MongoParts } from './collections.ts';
import type { ArtifactDoc } from './documents.ts';

/** The key of an artifact. A model's name holds no space. */
export function artifactKey(model: string, idHash: string): string {
  return `${model} ${idHash}`;
}

/** Inserts or replaces. What was consumed stays consumed: a replay must not become possible by saving again. */
export async function writeArtifact(
  { artifacts }: MongoParts,
  write: ArtifactWrite,
  tx?: ClientSession,
): Promise<void> {
  const { given, absent } = fields(write);
  const update = { $set: given, ...(Object.keys(absent).length > 0 && { $unset: absent }) };
  const filter = { _id: artifactKey(write.model, write.idHash) };
  await artifacts.updateOne(filter, update, { upsert: true, ...(tx && { session: tx }) });
}

/** What an earlier write said and this one does not say any more has to go. */
function fields({ idHash: _, ...rest }: ArtifactWrite) {
  const given: Partial<Omit<ArtifactDoc, '_id'>> = rest;
  const absent = Object.entries(rest).filter(([, value]) => value === undefined);
  return { given, absent: Object.fromEntries(absent.map(([name]) => [name, true as const])) };
}
