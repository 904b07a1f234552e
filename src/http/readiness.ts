import type { Store } from '../store/store.ts';

/** A store that answers slower than this cannot serve sign-ins either. */
const PING_WITHIN_MS = 2_000;
/** A look at the store is a durable write; anybody may ask, and all who ask within a second get the same answer. */
const LOOK_EVERY_MS = 1_000;

/** Why the store cannot be used, in one sentence for everybody (the cause is in the log); undefined when it can. */
export function createReadiness(store: Pick<Store, 'ping'>): () => Promise<string | undefined> {
  let look: Promise<string | undefined> | undefined;
  const forget = () => {
    look = undefined;
  };
  return () => {
    look ??= storeTrouble(store).finally(() => setTimeout(forget, LOOK_EVERY_MS).unref());
    return look;
  };
}

async function storeTrouble(store: Pick<Store, 'ping'>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), PING_WITHIN_MS);
  });
  try {
    await Promise.race([store.ping(), late]);
    return undefined;
  } catch {
    return 'the store cannot be reached or written';
  } finally {
    clearTimeout(timer);
  }
}
