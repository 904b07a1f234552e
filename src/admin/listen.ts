import { z } from 'zod';
import type { Delivery, DeliveryState } from '../deliveries/delivery.ts';
import { iso } from '../ops/clock.ts';
import type { Admin } from './admin.ts';
import { clientWithId } from './clients.ts';
import { idText, instant, since } from './input.ts';
import { notThere, useCase } from './use-case.ts';

/**
 * Deliveries that one look reads, newest first: more of one app within half a second are not what somebody who develops
 * it waits for.
 */
const LOOK_ROWS = 50;
/** Between two looks of somebody who listens. */
export const LISTEN_EVERY_MS = 500;

/** What an app has not asked for, or does not need to know any more. */
const UNHEARD: readonly DeliveryState[] = ['moot', 'not-asked-for'];

/** Permits it, and says from when on. What is heard then is `startListening`'s. */
export const listenToClient = useCase({
  scope: 'signoff.deliveries',
  role: 'operator',
  name: 'clients.listen',
  summary: 'Listen to what an app is told: a fresh copy of each logout token, while somebody listens.',
  input: z.strictObject({
    id: idText,
    since: since
      .optional()
      .describe('Begin with those made at or after this instant; from now on where it is not said.'),
  }),
  output: z.strictObject({ client_id: z.string(), since: instant }),
  async run(admin, _who, { id, since: from }) {
    await admin.registry.refresh();
    if (clientWithId(admin, id).state === 'removed') throw notThere('client_unknown', `There is no app ${id}.`);
    return { client_id: id, since: iso(from ?? admin.clock.now()) };
  },
});

/** A logout token as the app gets it, or would if it could be told, but with a `jti` of its own. */
export const tokenCopy = z.strictObject({
  delivery_id: z.string(),
  logout_id: z.string(),
  reason: z.string().nullable(),
  made_at: instant,
  logout_token: z.string(),
});

export type TokenCopy = z.output<typeof tokenCopy>;

export interface Listening {
  /** What came since the last look, oldest first. `missed`: there was more than a look reads. */
  next(): Promise<{ readonly copies: readonly TokenCopy[]; readonly missed: boolean }>;
}

/**
 * Looks at the deliveries themselves, so that it does not matter which process or thread tells the app, nor whether any
 * does; and changes none of them. `from`: what is older is not heard; what is there already, where it is not said.
 */
export async function startListening(admin: Admin, clientId: string, from: number | undefined): Promise<Listening> {
  const look = async () => {
    const rows = await admin.store.deliveries.list({ clientId }, { limit: LOOK_ROWS });
    return rows.filter(({ createdAt }) => from === undefined || createdAt >= from);
  };
  let seen = from === undefined ? idsOf(await look()) : new Set<string>();
  return {
    async next() {
      const rows = await look();
      const fresh = rows.filter(({ id }) => !seen.has(id));
      seen = idsOf(rows);
      const heard = fresh.filter(({ state }) => !UNHEARD.includes(state)).toReversed();
      const copies: TokenCopy[] = [];
      for (const delivery of heard) copies.push(...(await copyOf(admin, delivery)));
      return { copies, missed: fresh.length === LOOK_ROWS };
    },
  };
}

function idsOf(rows: readonly Delivery[]): Set<string> {
  return new Set(rows.map(({ id }) => id));
}

/** None where the app is gone. */
async function copyOf({ store, registry, copyToken }: Admin, delivery: Delivery): Promise<readonly TokenCopy[]> {
  const client = registry.get(delivery.clientId)?.client;
  if (!client) return [];
  const logout = await store.logouts.find(delivery.logoutId);
  return [
    {
      delivery_id: delivery.id,
      logout_id: delivery.logoutId,
      reason: logout?.reason ?? null,
      made_at: iso(delivery.createdAt),
      logout_token: await copyToken(delivery, client),
    },
  ];
}
