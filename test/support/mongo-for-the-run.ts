import { type MongoServer, startMongoServer } from './mongo-server.ts';

let server: MongoServer | undefined;

/**
 * Jest's global set-up of `npm run test:mongo`: one replica set for all suites, its address in `MONGO_URL`. Where no
 * mongod can be had the run goes on without, so that the suites are shown as skipped and not as passed.
 */
export default async function startForTheRun(): Promise<void> {
  if (process.env['MONGO_URL']) return;
  try {
    server = await startMongoServer();
    process.env['MONGO_URL'] = server.url;
  } catch (error) {
    // One that was asked for by name and does not start is a failure, not a reason to skip.
    if (process.env['MONGOD']) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`No mongod could be had, so the MongoDB suites are skipped: ${reason}\n`);
    process.stderr.write(
      'Name one with MONGOD=<path of mongod>, or a running replica set with MONGO_URL=mongodb://…\n',
    );
  }
}

/** Jest's global tear-down. */
export async function stopAfterTheRun(): Promise<void> {
  await server?.stop();
}
