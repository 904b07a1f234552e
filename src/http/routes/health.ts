import type { Router } from '@koa/router';
import type { Store } from '../../store/store.ts';

export interface HealthParts {
  readonly store: Pick<Store, 'ping'>;
  /** Why deliveries do not run in this process although they should; undefined while they do. */
  readonly deliveryTrouble: () => string | undefined;
}

/** A store that answers slower than this cannot serve sign-ins either. */
const PING_WITHIN_MS = 2_000;

/**
 * `/health/live`: this process runs; restart it when this stops answering. `/health/ready`: it can serve; send it no
 * requests while this is 503. Both answer under any Host. Ready again by itself: every call looks anew.
 */
export function mountHealth(router: Router, { store, deliveryTrouble }: HealthParts): void {
  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'live' };
  });

  router.get('/health/ready', async (ctx) => {
    const reasons = [await storeTrouble(store), deliveryTrouble()].filter((reason) => reason !== undefined);
    ctx.status = reasons.length === 0 ? 200 : 503;
    if (reasons.length > 0) ctx.set('Retry-After', '5');
    ctx.body = reasons.length === 0 ? { status: 'ready' } : { status: 'not ready', reasons };
  });
}

/** One sentence without details: the answer is for everybody, the cause is in the log. */
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
