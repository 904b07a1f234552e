import { leaveDatabase, takeDatabase } from '../support/left-databases.ts';
import { freshDatabaseUrl } from '../support/mongo-server.ts';
import { mongoPlace } from '../support/stores.ts';
import type { MakePlace } from './suite/fixture.ts';

/** Places for one test after the other. */
export function emptiedDatabases(asOpened: (url: string) => string): MakePlace {
  return async (kind) => {
    const url = kind === 'unmade' ? (freshDatabaseUrl() ?? '') : await takeDatabase();
    return mongoPlace(asOpened(url), () => leaveDatabase(url));
  };
}
