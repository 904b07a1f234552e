import { z } from 'zod';
import { isShut } from '../deliveries/breaker.ts';
import type { Attempt, Delivery } from '../deliveries/delivery.ts';
import { countStates } from '../deliveries/state-counts.ts';
import { iso } from '../ops/clock.ts';
import type { Admin } from './admin.ts';
import { clientWithId } from './clients.ts';
import { idText, instant } from './input.ts';
import { countsByState } from './logout-json.ts';
import { useCase } from './use-case.ts';

/** The last ones of an app, counted by their state. */
const DELIVERIES_MAX = 1_000;
/** A page of them. */
const PAGE = 500;
/** The last ones that were tried, whose attempts are read one by one. */
const TRIED_MAX = 100;

const count = z.number().int();

const healthJson = z.strictObject({
  client_id: z.string(),
  told_at: z.string().nullable(),
  breaker: z
    .strictObject({
      state: z.enum(['closed', 'open', 'half-open']),
      failures: count.describe('In a row.'),
      next_try_at: instant.nullable(),
    })
    .describe('Open while the app fails and is left alone; half-open when the next delivery is a try.'),
  looked_at: z
    .strictObject({
      deliveries: count,
      attempts: count,
      since: instant.nullable().describe('When the oldest of these deliveries was made.'),
      all: z.boolean().describe('There are no older ones.'),
    })
    .describe('What the rest is about: the last 1,000 deliveries, and the attempts of the last 100 that were tried.'),
  counts: z.strictObject(countsByState),
  success_rate: z.number().nullable().describe('Of the attempts, 0 to 1; null where there was none.'),
  ms: z.strictObject({ p50: z.number(), p99: z.number() }).nullable().describe('How long attempts took.'),
  oldest_waiting_at: instant.nullable().describe('When the oldest of those that are not told yet was made.'),
});

type HealthJson = z.output<typeof healthJson>;

export const clientHealth = useCase({
  scope: 'signoff.read',
  role: 'support',
  name: 'clients.health',
  summary: 'Say what the last deliveries to an app say: whether it is left alone, how often and how fast it answers.',
  input: z.strictObject({ id: idText }),
  output: healthJson,
  async run(admin, _who, { id }) {
    await admin.registry.refresh();
    const { client } = clientWithId(admin, id);
    const toldAt = client.backchannel_logout_uri;
    const deliveries = await lastOf(admin, id);
    const tried = deliveries.filter(({ attempts }) => attempts > 0).slice(0, TRIED_MAX);
    const attempts = (await Promise.all(tried.map((one) => admin.store.deliveries.attempts(one.id)))).flat();
    return {
      client_id: id,
      told_at: toldAt ?? null,
      breaker: await breakerOf(admin, toldAt),
      looked_at: {
        deliveries: deliveries.length,
        attempts: attempts.length,
        since: iso(deliveries.at(-1)?.createdAt) ?? null,
        all: deliveries.length < DELIVERIES_MAX,
      },
      counts: countStates(deliveries),
      ...speedOf(attempts),
      oldest_waiting_at: iso(deliveries.findLast(({ state }) => state === 'trying')?.createdAt) ?? null,
    };
  },
});

/** Newest first. */
async function lastOf({ store }: Admin, clientId: string): Promise<readonly Delivery[]> {
  const rows: Delivery[] = [];
  while (rows.length < DELIVERIES_MAX) {
    const after = rows.at(-1)?.id;
    const page = await store.deliveries.list({ clientId }, { limit: PAGE, ...(after !== undefined && { after }) });
    rows.push(...page);
    if (page.length < PAGE) break;
  }
  return rows;
}

async function breakerOf({ store, clock }: Admin, toldAt: string | undefined): Promise<HealthJson['breaker']> {
  const breaker = toldAt === undefined ? undefined : await store.deliveries.breaker(new URL(toldAt).origin);
  // A few failures shut nothing yet.
  if (!breaker || breaker.shutUntil === 0) {
    return { state: 'closed', failures: breaker?.failures ?? 0, next_try_at: null };
  }
  const { failures, shutUntil } = breaker;
  return { state: isShut(breaker, clock.now()) ? 'open' : 'half-open', failures, next_try_at: iso(shutUntil) };
}

function speedOf(attempts: readonly Attempt[]): Pick<HealthJson, 'success_rate' | 'ms'> {
  if (attempts.length === 0) return { success_rate: null, ms: null };
  const good = attempts.filter(({ verdict }) => verdict === 'delivered').length;
  const times = attempts.map(({ ms }) => ms).toSorted((one, other) => one - other);
  return {
    success_rate: Math.round((good / attempts.length) * 1_000) / 1_000,
    ms: { p50: percentile(times, 0.5), p99: percentile(times, 0.99) },
  };
}

/** The nearest rank; `sorted` is not empty. */
function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
}
