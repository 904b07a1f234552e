import type { Store } from '../store/store.ts';

/** A store that answers slower than this cannot serve sign-ins either. */
const PING_WITHIN_MS = 2_000;
/** A look at the store is a durable write; anybody may ask, and all who ask within a second get the same answer. */
const LOOK_EVERY_MS = 1_000;
/** What comes slowly is looked for seldom. */
const WARNINGS_EVERY_MS = 10_000;

/** Why the store cannot be used, in one sentence for everybody (the cause is in the log); undefined when it can. */
export function createReadiness(store: Pick<Store, 'ping'>): () => Promise<string | undefined> {
  return shared(LOOK_EVERY_MS, () => storeTrouble(store));
}

/** What will be trouble if nobody sees to it, in a sentence each. A look that fails finds nothing: that is trouble already. */
export function createWarnings(looks: readonly Warning[]): () => Promise<readonly string[]> {
  return shared(WARNINGS_EVERY_MS, async () => {
    const found = await Promise.all(looks.map((look) => within(look()).catch(() => undefined)));
    return found.filter((one) => one !== undefined);
  });
}

/** A sentence for everybody, without names, or undefined while all is well. */
export type Warning = () => Promise<string | undefined>;

/** All who ask share one look, and its answer for a while. */
function shared<T>(everyMs: number, work: () => Promise<T>): () => Promise<T> {
  let look: Promise<T> | undefined;
  const forget = () => {
    look = undefined;
  };
  return () => {
    look ??= work().finally(() => setTimeout(forget, everyMs).unref());
    return look;
  };
}

async function storeTrouble(store: Pick<Store, 'ping'>): Promise<string | undefined> {
  try {
    await within(store.ping());
    return undefined;
  } catch {
    return 'the store cannot be reached or written';
  }
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), PING_WITHIN_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
