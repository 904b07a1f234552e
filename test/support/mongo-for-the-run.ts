import { type MongoServer, startMongoServer } from './mongo-server.ts';

let server: MongoServer | undefined;

/**
 * One replica set for all suites of a test run, its address in `MONGO_URL`, where the suites and what they start find
 * it. False where no mongod can be had.
 */
export async function startForTheRun(): Promise<boolean> {
  if (process.env['MONGO_URL']) return true;
  try {
    server = await startMongoServer({ inMemory: true });
    process.env['MONGO_URL'] = server.url;
    return true;
  } catch (error) {
    // One that was asked for by name and does not start is a failure, not a reason to skip.
    if (process.env['MONGOD']) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`No mongod could be had, so the MongoDB suites are skipped: ${reason}\n`);
    process.stderr.write(
      'Name one with MONGOD=<path of mongod>, or a running replica set with MONGO_URL=mongodb://…\n',
    );
    return false;
  }
}

/** Jest's global tear-down. */
export default async function stopAfterTheRun(): Promise<void> {
  await server?.stop();
}
