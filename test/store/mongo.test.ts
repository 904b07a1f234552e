import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { crowdOf } from '../../bench/crowd.ts';
import { crowdMongo } from '../../bench/crowd-on-mongo.ts';
import { freshDatabaseUrl } from '../support/mongo-server.ts';
import { mongoPlace } from '../support/stores.ts';
import { emptiedDatabases } from './emptied-databases.ts';
import { listenForCommands, monitored } from './mongo-commands.ts';
import { readFaultsOf } from './mongo-plans.ts';
import { storeSuite } from './suite/store-suite.ts';

/** Runs on the replica set of `npm run test:mongo`; shown as skipped elsewhere. */
const server = freshDatabaseUrl();

let heard: ReturnType<typeof listenForCommands>;
beforeAll(() => {
  heard = listenForCommands();
});
afterAll(() => heard.stop());

storeSuite('the store on MongoDB', server === undefined ? undefined : { place: emptiedDatabases(monitored) });

const describeIt = server === undefined ? describe.skip : describe;

describeIt('a crowd in MongoDB', () => {
  it('is reached by every command of the suite above through an index that finds few documents', async () => {
    const url = freshDatabaseUrl() ?? '';
    const place = await mongoPlace(url);
    await place.open();
    await place.remove();
    await crowdMongo(url, crowdOf(6_000));
    const client = new MongoClient(url);
    const faults = await readFaultsOf(client.db(), heard.commands).finally(() => client.close());
    expect(heard.commands.length).toBeGreaterThan(1_000);
    expect(faults).toEqual([]);
  }, 120_000);
});
