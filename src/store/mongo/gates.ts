/**
 * Removing a client must collide with every join of that client that is under way: a snapshot that only *reads* the
 * cut-off would let a join slip past it. One row a client would make all sign-ins at an app wait for each other, so a
 * client has several gates: a join passes through one of them, a removal closes them all.
 */
import type { ClientSession } from 'mongodb';
import type { MongoParts } from './collections.ts';

/** Enough that two joins at once seldom meet; few enough that a removal writes them all in one go. */
const GATES = 32;

/** Passes one gate of `clientId`; answers since when the client is cut off, where it is. */
export async function passGate(
  { gates }: MongoParts,
  clientId: string,
  sid: string,
  tx: ClientSession,
): Promise<number | undefined> {
  const gate = await gates.findOneAndUpdate(
    { _id: gateKey(clientId, gateOf(sid)) },
    { $inc: { passed: 1 } },
    { upsert: true, returnDocument: 'after', session: tx },
  );
  return gate?.cutOffAt;
}

/** Closes all gates of `clientId` for what started at or before `at`. */
export async function closeGates(
  { gates }: MongoParts,
  clientId: string,
  at: number,
  tx: ClientSession,
): Promise<void> {
  const writes = Array.from({ length: GATES }, (_, n) => ({
    updateOne: {
      filter: { _id: gateKey(clientId, n) },
      update: { $max: { cutOffAt: at }, $setOnInsert: { passed: 0 } },
      upsert: true,
    },
  }));
  await gates.bulkWrite(writes, { session: tx });
}

function gateKey(clientId: string, n: number): string {
  return `${clientId} ${n}`;
}

/** Any even spread will do; a `sid` is random. */
function gateOf(sid: string): number {
  let sum = 0;
  for (const char of sid) sum += char.charCodeAt(0);
  return sum % GATES;
}
