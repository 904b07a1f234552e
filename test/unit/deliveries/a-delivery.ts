import type { Delivery } from '../../../src/deliveries/delivery.ts';

/** A delivery made at 0 that was never tried, but for what is given. */
export function aDelivery(but: Partial<Delivery> = {}): Delivery {
  return {
    id: 'd1',
    logoutId: 'l1',
    clientId: 'wiki',
    accountId: 'a1',
    sessionUid: 's1',
    sid: 'sid-1',
    sub: 'sub-1',
    state: 'trying',
    origin: 'https://wiki.example',
    asked: false,
    createdAt: 0,
    attempts: 0,
    refusals: 0,
    backoffMs: 0,
    nextAttemptAt: 0,
    lastAttemptAt: undefined,
    lastStatus: undefined,
    lastError: undefined,
    deadline: { at: 24 * 3_600_000, becomes: 'given-up' },
    ...but,
  };
}
