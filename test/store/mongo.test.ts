import { freshDatabaseUrl } from '../support/mongo-server.ts';
import { mongoPlace } from '../support/stores.ts';
import { storeSuite } from './suite/store-suite.ts';

/** Runs on the replica set of `npm run test:mongo`; shown as skipped elsewhere. */
const server = freshDatabaseUrl();

storeSuite(
  'the store on MongoDB',
  server === undefined ? undefined : { place: () => mongoPlace(freshDatabaseUrl() ?? server) },
);
