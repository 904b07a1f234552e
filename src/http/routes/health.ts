import type { Router } from '@koa/router';
import type { Store } from '../../store/store.ts';
import { createReadiness } from '../readiness.ts';

export interface HealthParts {
  readonly store: Pick<Store, 'ping'>;
  /** Why deliveries do not run in this process although they should; undefined while they do. */
  readonly deliveryTrouble: () => string | undefined;
}

/**
 * `/health/live`: this process runs; restart it when this stops answering. `/health/ready`: it can serve; send it no
 * requests while this is 503. Both answer under any Host. Ready again by itself, within a second.
 */
export function mountHealth(router: Router, { store, deliveryTrouble }: HealthParts): void {
  const storeTrouble = createReadiness(store);

  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'live' };
  });

  router.get('/health/ready', async (ctx) => {
    const reasons = [await storeTrouble(), deliveryTrouble()].filter((reason) => reason !== undefined);
    ctx.status = reasons.length === 0 ? 200 : 503;
    if (reasons.length > 0) ctx.set('Retry-After', '5');
    ctx.body = reasons.length === 0 ? { status: 'ready' } : { status: 'not ready', reasons };
  });
}
