/** Signoff needs transactions, and those need a replica set (one member is enough). Says how to get one. */
import { MongoClient, type MongoClientOptions } from 'mongodb';
import { AppError } from '../../errors.ts';

/** The part of a server's `hello` that tells what it belongs to. */
interface Hello {
  readonly setName?: string;
  readonly msg?: string;
  readonly isreplicaset?: boolean;
}

/** Throws `store_standalone` when this client is connected to a server without a replica set. */
export async function refuseStandalone(client: MongoClient): Promise<void> {
  const hello = await ask(client);
  if (!belongsToASet(hello)) throw storeStandalone(hello, addressOf(client), client.options.replicaSet);
}

/**
 * A URL that names a replica set hides a lone server from the driver: it then waits for a member that never comes. Asks the
 * first address directly; throws `store_standalone` if that is why, and answers nothing in any other case.
 */
export async function explainNoMember(url: string, options: MongoClientOptions): Promise<void> {
  const { hosts, replicaSet } = new MongoClient(url, options).options;
  const host = hosts[0]?.toString();
  if (host === undefined) return;
  const probe = new MongoClient(`mongodb://${host}/?directConnection=true`, withoutSet(url, options));
  try {
    const hello = await ask(probe).catch(() => undefined);
    if (hello && !belongsToASet(hello)) throw storeStandalone(hello, host, replicaSet);
  } finally {
    await probe.close();
  }
}

/** `hello` needs no sign-in, so the probe carries no credentials; it keeps the way of encryption. */
function withoutSet(url: string, options: MongoClientOptions): MongoClientOptions {
  const { tls } = new MongoClient(url, options).options;
  return { serverSelectionTimeoutMS: 1_000, connectTimeoutMS: 1_000, tls };
}

async function ask(client: MongoClient): Promise<Hello> {
  return client.db('admin').command({ hello: 1 });
}

/** A member of a set, or a router of a sharded cluster. */
function belongsToASet(hello: Hello): boolean {
  return hello.setName !== undefined || hello.msg === 'isdbgrid';
}

function addressOf(client: MongoClient): string {
  return client.options.hosts[0]?.toString() ?? 'localhost:27017';
}

function storeStandalone(hello: Hello, host: string, wantedSet: string | undefined): AppError {
  const set = wantedSet ?? 'rs0';
  const config = `{ _id: "${set}", members: [{ _id: 0, host: "${host}" }] }`;
  const initiate = `mongosh "mongodb://${host}/?directConnection=true" --eval 'rs.initiate(${config})'`;
  const how = hello.isreplicaset
    ? `It was started with --replSet but the set was never made. Make it once: ${initiate}`
    : `One member is enough: start mongod with --replSet ${set} (or replication.replSetName: ${set} in mongod.conf), keeping its data, then run once: ${initiate}`;
  return new AppError({
    code: 'store_standalone',
    status: 500,
    publicMessage: `The MongoDB server at ${host} is not part of a replica set, and without one it has no transactions: a sign-out could be stored and its notices lost. ${how}`,
  });
}
