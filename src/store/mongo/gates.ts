/**
 * An end of an app must meet every sign-in at that app that is under way: a snapshot that only *reads* a number would let
 * one slip past it. One row a client would make all sign-ins at it wait for each other, so a client has several gates, and
 * an account passes through one of them: its own end writes that one, an end of the whole client writes all.
 */
import type { ClientSession } from 'mongodb';
import type { MongoParts } from './collections.ts';

/** Everybody's gates: no client is called so, since ids have no blanks. */
export const REALM = 'the realm';

/** Enough that two sign-ins at once seldom meet; few enough to write them all in one go. */
const GATES = 32;

/**
 * Makes two transactions of this account at one of these clients run one after the other: the later one sees what the earlier
 * did.
 */
export async function passGates(
  { gates }: MongoParts,
  clientIds: readonly string[],
  accountId: string,
  tx: ClientSession,
): Promise<void> {
  const n = gateOf(accountId);
  await gates.bulkWrite(
    clientIds.map((clientId) => pass(gateKey(clientId, n))),
    { session: tx },
  );
}

/**
 * Waits for every sign-in at this client that has begun: from here on, each has seen what was committed before. No
 * transaction, which would fail at the first gate that somebody is passing, and in a crowd somebody always is.
 */
export async function waitForGates({ gates }: MongoParts, clientId: string): Promise<void> {
  const writes = Array.from({ length: GATES }, (_, n) => pass(gateKey(clientId, n)));
  await gates.bulkWrite(writes, { ordered: false });
}

function pass(_id: string) {
  return { updateOne: { filter: { _id }, update: { $inc: { passed: 1 } }, upsert: true } };
}

function gateKey(clientId: string, n: number): string {
  return `${clientId} ${n}`;
}

/** Any even spread will do; an account's id is random. */
function gateOf(accountId: string): number {
  let sum = 0;
  for (const char of accountId) sum += char.charCodeAt(0);
  return sum % GATES;
}
