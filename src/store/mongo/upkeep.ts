import type { SchemaState } from '../schema-state.ts';
import { asStoreError } from './errors.ts';
import { KNOWN_SCHEMA, schemaVersion } from './migrations.ts';
import { connectTo } from './open.ts';

/** A look without bringing it up to date. Throws what opening throws. */
export async function mongoSchema(url: string): Promise<SchemaState> {
  const { client, parts } = await connectTo(url);
  try {
    return { version: await schemaVersion(parts.db), known: KNOWN_SCHEMA };
  } catch (error) {
    throw asStoreError(error);
  } finally {
    await client.close();
  }
}
