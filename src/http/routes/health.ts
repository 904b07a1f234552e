import type { Router } from '@koa/router';
import type { Store } from '../../store/store.ts';
import { createReadiness, createWarnings, type Warning } from '../readiness.ts';

export interface HealthParts {
  readonly store: Pick<Store, 'ping'>;
  /** Why this process is to get no requests, beside its store; undefined while it may. */
  readonly trouble: () => string | undefined;
  readonly warnings: readonly Warning[];
}

/**
 * `/health/live`: this process runs; restart it when this stops answering. `/health/ready`: it can serve; send it no
 * requests while this is 503. `warning` serves all the same, and says what somebody should see to. Both answer under any
 * Host. Ready again by itself, within a second.
 */
export function mountHealth(router: Router, { store, trouble, warnings }: HealthParts): void {
  const storeTrouble = createReadiness(store);
  const warningsNow = createWarnings(warnings);

  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'live' };
  });

  router.get('/health/ready', async (ctx) => {
    const troubles = [await storeTrouble(), trouble()].filter((reason) => reason !== undefined);
    if (troubles.length > 0) {
      ctx.status = 503;
      ctx.set('Retry-After', '5');
      ctx.body = { status: 'not ready', reasons: troubles };
      return;
    }
    const reasons = await warningsNow();
    ctx.body = { status: reasons.length === 0 ? 'ok' : 'warning', reasons };
  });
}
