import type { Delivery, DeliveryPlan } from '../../../src/deliveries/delivery.ts';
import type { Participation } from '../../../src/sessions/session.ts';
import type { Store } from '../../../src/store/store.ts';
import { aCause, HOUR, MINUTE, planAll, signIn, T0, unique } from '../../support/builders.ts';

/** An ended session, its logout and its deliveries by client. */
export interface EndedSession {
  readonly logoutId: string;
  readonly accountId: string;
  readonly uid: string;
  /** The delivery of a client; there is one. */
  of(clientId: string): Promise<Delivery>;
}

/** Ends a session with `clients` at `at`: one delivery each, due at once. */
export async function endedSession(
  store: Store,
  clients: readonly string[],
  given: { at?: number; accountId?: string; plan?: (ended: Participation) => Partial<DeliveryPlan> } = {},
): Promise<EndedSession> {
  const { accountId } = given;
  const { uid, ...session } = await signIn(store, { clients, ...(accountId !== undefined && { accountId }) });
  const logoutId = unique('logout');
  const at = given.at ?? T0 + HOUR;
  await store.sessions.end(logoutId, { kind: 'session', uid }, aCause(), at, planAll(given.plan));
  return {
    logoutId,
    accountId: session.accountId,
    uid,
    async of(clientId) {
      const [delivery] = await store.deliveries.list({ logoutId, clientId }, { limit: 1 });
      if (!delivery) throw new Error(`no delivery for ${clientId}`);
      return delivery;
    },
  };
}

/** An engine found this origin sick: it is left alone until then. */
export async function shut(store: Store, origin: string, until: number): Promise<void> {
  const breaker = { origin, failures: 3, shutUntil: until, shutMs: MINUTE };
  await store.deliveries.settle('nobody', [], [{ kind: 'failing', breaker }]);
}
