import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Settlement } from '../../../src/deliveries/delivery.ts';
import type { Claim, ClaimRequest, Store } from '../../../src/store/store.ts';
import { aClaim, anAttempt, DAY, HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { endedSession } from './deliveries-fixture.ts';
import { DeliveryModel, type ModelRow } from './delivery-model.ts';
import { freshStore, type MakePlace } from './fixture.ts';

const APPS = ['wiki', 'mail'] as const;
const ENGINES = ['one', 'two'] as const;
/** As many as fit in so long: many on SQLite, some on MongoDB. */
const LIMITS = { numRuns: 100, interruptAfterTimeLimit: 10_000 };
const COMMANDS = 60;
const SEED = Number(process.env['SIGNOFF_TEST_SEED'] ?? Date.now() % 1e9);

interface Real {
  store: Store;
  readonly reopen: () => Promise<Store>;
  /** All processes have one clock: a jump of it concerns all rows. */
  readonly isOneMachine: boolean;
}

type Command = fc.AsyncCommand<DeliveryModel, Real>;

/** One thing that may happen to the outbox, whatever happened before; what is next must be the same after each. */
function command(name: string, act: (model: DeliveryModel, real: Real) => Promise<void>): Command {
  async function run(model: DeliveryModel, real: Real): Promise<void> {
    await act(model, real);
    expect(await real.store.deliveries.nextDueAt()).toBe(model.nextDueAt());
  }
  return { check: () => true, run, toString: () => name };
}

/**
 * The port against a model of it, in any order of events: the three faults that kept a dead app's deliveries from ever
 * ending needed four of them in a row. The seed is in the name; SIGNOFF_TEST_SEED runs it again.
 */
export function modelledSuite(make: MakePlace): void {
  const at = freshStore(make);

  it(`does as a model of sixty lines does, and ends every delivery (seed ${SEED})`, async () => {
    let days = 0;
    const isOneMachine = !at.place.url.startsWith('mongodb');
    const run = async (commands: Iterable<Command>) => {
      days += 10;
      const model = new DeliveryModel(T0 + days * DAY);
      const real: Real = { store: await at.place.open(), reopen: () => at.place.open(), isOneMachine };
      await fc.asyncModelRun(() => ({ model, real }), commands);
      await expectRows(model, real);
      await endAll(model, real);
      await real.store.close();
    };
    const sequences = fc.commands(COMMAND_KINDS, { maxCommands: COMMANDS, size: 'max' });
    await fc.assert(fc.asyncProperty(sequences, run), { ...LIMITS, seed: SEED, endOnFailure: true });
  }, 60_000);
}

const app = fc.constantFrom(...APPS);
const engine = fc.constantFrom(...ENGINES);
/** Of one that was over before it began, and one that outlives every test, wherever the clock goes. */
const leaseMs = fc.constantFrom(-1_000 * DAY, 1_000 * DAY);
const SETTLEMENTS = ['told', 'refused', 'given-up', 'moot', 'again', 'refusal', 'put-back', 'put-back'] as const;
/** `due`: failing, and due for a probe at once. */
const LEARNT = ['nothing', 'nothing', 'nothing', 'healthy', 'shut', 'due', 'due'] as const;
const originOf = (clientId: string) => `https://${clientId}.test`;

const CLAIM: fc.Arbitrary<Command> = fc
  .record({
    processId: engine,
    leaseMs,
    limit: fc.integer({ min: 1, max: 4 }),
    perOrigin: fc.integer({ min: 1, max: 3 }),
  })
  .chain((given) =>
    fc.subarray([...APPS], { maxLength: 1 }).map((apps) => ({ ...given, exceptOrigins: apps.map(originOf) })),
  )
  .map((given) => command(`claim ${JSON.stringify(given)}`, (model, real) => claim(model, real, given)));

const SETTLE: fc.Arbitrary<Command> = fc
  .record({ which: fc.nat(), kind: fc.constantFrom(...SETTLEMENTS), learnt: fc.constantFrom(...LEARNT) })
  .map((given) => command(`settle ${JSON.stringify(given)}`, (model, real) => settle(model, real, given)));

const COMMAND_KINDS: fc.Arbitrary<Command>[] = [
  fc.tuple(fc.array(app, { minLength: 1, maxLength: 3 }), fc.constantFrom(MINUTE, DAY)).map(([apps, deadlineMs]) =>
    command(`end ${apps} (${deadlineMs} ms)`, async (model, { store }) => {
      const deadline = { at: model.now + deadlineMs, becomes: 'given-up' as const };
      const { logoutId } = await endedSession(store, apps, { at: model.now, plan: () => ({ deadline }) });
      for (const { id, clientId, origin } of await store.deliveries.list({ logoutId }, { limit: 9 })) {
        const made = { state: 'trying', dueAt: model.now, refusals: 0, attempts: 0 } as const;
        model.rows.push({ id, clientId, origin, deadlineAt: deadline.at, ...made });
      }
    }),
  ),
  CLAIM,
  CLAIM,
  fc
    .record({ processId: engine, leaseMs, limit: fc.integer({ min: 1, max: 4 }) })
    .map((given) =>
      command(`claim overdue ${JSON.stringify(given)}`, (model, real) => claimOverdue(model, real, given)),
    ),
  SETTLE,
  SETTLE,
  fc.tuple(engine, fc.subarray([...ENGINES, 'never']), fc.boolean()).map(([processId, dead, expired]) =>
    command(`rescue by ${processId} of ${dead} ${expired}`, async (model, { store }) => {
      const others = dead.filter((one) => one !== processId);
      const count = await store.deliveries.rescue({ processId, now: model.now, dead: others, expired });
      expect(count).toBe(model.rescue(processId, others, expired));
    }),
  ),
  app.map((clientId) => command(`retry ${clientId}`, (model, real) => retry(model, real, clientId))),
  app.map((clientId) => command(`bring forward ${clientId}`, (model, real) => bringForward(model, real, clientId))),
  engine.map((processId) => command(`hasten by ${processId}`, (model, real) => hasten(model, real, processId))),
  engine.map((processId) =>
    command(`beat of ${processId}`, async (model, { store }) => {
      await store.deliveries.beat({ processId, home: undefined }, model.now);
    }),
  ),
  fc.constantFrom(1, MINUTE, HOUR, -MINUTE).map((ms) =>
    command(`clock ${ms} ms`, async (model) => {
      model.now += ms;
    }),
  ),
  fc.constant(
    command('crash', async (_, real) => {
      await real.store.close();
      real.store = await real.reopen();
    }),
  ),
];

async function claim(model: DeliveryModel, { store }: Real, given: Partial<ClaimRequest>): Promise<void> {
  const request = aClaim({ ...given, now: model.now });
  const groups = [...model.claimable(request).values()];
  const gates = new Map(model.gates);
  const answer = await store.deliveries.claim(request);
  const taken = takenOf(model, answer);
  const possible = groups.reduce((sum, { rows, most }) => sum + Math.min(rows.length, most), 0);
  expect(taken).toHaveLength(Math.min(request.limit, possible));
  for (const { rows, most } of groups) {
    const mine = taken.filter((row) => rows.includes(row));
    const lastOf = rows[Math.min(most, rows.length) - 1]?.dueAt ?? 0;
    expect(mine.length).toBeLessThanOrEqual(most);
    for (const row of mine) expect(row.dueAt).toBeLessThanOrEqual(lastOf);
  }
  const sick = new Set(taken.map(({ origin }) => origin).filter((origin) => gates.has(origin)));
  expect(new Set(answer.breakers.map(({ origin }) => origin))).toEqual(sick);
  model.lease(taken, request, true);
}

async function claimOverdue(model: DeliveryModel, { store }: Real, given: Partial<ClaimRequest>): Promise<void> {
  const request = aClaim({ ...given, now: model.now });
  const overdue = model.overdue();
  const taken = takenOf(model, await store.deliveries.claimOverdue(request));
  expect(taken).toHaveLength(Math.min(request.limit, overdue.length));
  for (const row of taken) expect(overdue).toContain(row);
  model.lease(taken, request, false);
}

/** Each once, and none that was not free. */
function takenOf(model: DeliveryModel, { deliveries }: Claim): ModelRow[] {
  const ids = new Set(deliveries.map(({ id }) => id));
  const taken = model.free().filter((row) => ids.has(row.id));
  expect(taken).toHaveLength(deliveries.length);
  return taken;
}

interface Settling {
  readonly which: number;
  readonly kind: (typeof SETTLEMENTS)[number];
  readonly learnt: (typeof LEARNT)[number];
}

/** Of a row that is leased, under its token; of another one, under a token that is lost. */
async function settle(model: DeliveryModel, { store }: Real, { which, kind, learnt }: Settling): Promise<void> {
  const row = model.rows[which % Math.max(1, model.rows.length)];
  if (!row) return;
  const { lease, origin } = row;
  const failures = (model.gates.get(origin)?.failures ?? 0) + 1;
  const shutUntil = model.now + (learnt === 'shut' ? MINUTE : 0);
  const failing = { kind: 'failing', breaker: { origin, failures, shutUntil, shutMs: MINUTE } } as const;
  const change = learnt === 'healthy' ? ({ kind: 'healthy', origin } as const) : failing;
  const one = settlementOf(row.id, kind, model.now);
  const answer = await store.deliveries.settle(lease?.token ?? 'lost', [one], learnt === 'nothing' ? [] : [change]);
  expect(answer.lost).toEqual(lease ? [] : [row.id]);
  if (lease) model.settle(row, one);
  const probe = model.gates.get(origin)?.probe;
  if (learnt === 'healthy') model.gates.delete(origin);
  else if (learnt !== 'nothing') model.gates.set(origin, { failures, shutUntil, by: lease?.holder, probe });
  model.forgetUnowed();
}

function settlementOf(deliveryId: string, kind: Settling['kind'], now: number): Settlement {
  const attempt = anAttempt({ at: now });
  const nextAttemptAt = now + HOUR;
  if (kind === 'put-back') return { deliveryId, kind, nextAttemptAt: now };
  if (kind === 'again' || kind === 'refusal') {
    return { deliveryId, kind: 'again', attempt, nextAttemptAt, backoffMs: 1, refusal: kind === 'refusal' };
  }
  return { deliveryId, kind, attempt };
}

async function retry(model: DeliveryModel, { store }: Real, clientId: string): Promise<void> {
  const states = ['trying', 'refused', 'given-up'];
  const again = model.rows.filter((row) => row.clientId === clientId && !row.lease && states.includes(row.state));
  // What is left of earlier runs was told, and is no concern of this.
  expect(await store.deliveries.retry({ clientId }, model.now, model.now + DAY)).toBe(again.length);
  for (const row of again) {
    Object.assign(row, { state: 'trying', dueAt: model.now, refusals: 0, by: undefined, deadlineAt: model.now + DAY });
    const gate = model.gates.get(row.origin);
    if (gate) gate.shutUntil = Math.min(gate.shutUntil, model.now);
  }
}

async function bringForward(model: DeliveryModel, { store }: Real, clientId: string): Promise<void> {
  const origin = originOf(clientId);
  const isWaiting = (row: ModelRow) => row.origin === origin && row.dueAt > model.now && row.refusals === 0;
  const waiting = model.gates.has(origin) ? [] : model.free().filter(isWaiting);
  expect(await store.deliveries.bringForward(origin, model.now, 100)).toBe(waiting.length);
  for (const row of waiting) row.dueAt = model.now;
}

async function hasten(model: DeliveryModel, { store, isOneMachine }: Real, processId: string): Promise<void> {
  const { others } = await store.deliveries.beat({ processId, home: undefined }, model.now);
  const living = others.filter(({ silentMs }) => silentMs < 10_000).map((one) => one.processId);
  const isOurs = (by: string | undefined) => isOneMachine || !living.includes(by ?? '');
  const waiting = model.free().filter((row) => row.dueAt > model.now && isOurs(row.by));
  expect(await store.deliveries.hasten(processId, model.now)).toBe(waiting.length);
  for (const row of waiting) row.dueAt = model.now;
  for (const [origin, { by }] of model.gates) if (isOurs(by)) model.gates.delete(origin);
}

async function expectRows(model: DeliveryModel, { store }: Real): Promise<void> {
  for (const { id, state, attempts, refusals, dueAt } of model.rows) {
    const nextAttemptAt = state === 'trying' ? dueAt : undefined;
    expect(await store.deliveries.find(id)).toMatchObject({ state, attempts, refusals, nextAttemptAt });
  }
}

/** Whatever happened: once the dead are rescued and time has passed, every app can be told or given up. */
async function endAll(model: DeliveryModel, { store }: Real): Promise<void> {
  const { deliveries } = store;
  const now = model.now + 100 * DAY;
  await deliveries.rescue({ processId: 'last', now, dead: [...ENGINES, 'never'], expired: true });
  for (let round = 0; (await deliveries.nextDueAt()) !== undefined; round += 1) {
    expect(round).toBeLessThan(model.rows.length + 1);
    for (const claimed of [await deliveries.claimOverdue(aClaim({ now })), await deliveries.claim(aClaim({ now }))]) {
      const settlements = claimed.deliveries.map(({ id }) => ({ deliveryId: id, kind: 'told' as const }));
      const changes = claimed.breakers.map(({ origin }) => ({ kind: 'healthy' as const, origin }));
      await deliveries.settle(claimed.token, settlements, changes);
    }
  }
  // The next run begins with nothing that could be sent again.
  const rest = await deliveries.list({ state: 'refused' }, { limit: 1_000 });
  const more = await deliveries.list({ state: 'given-up' }, { limit: 1_000 });
  if (rest.length + more.length === 0) return;
  await deliveries.retry({ state: 'refused' }, now, now);
  await deliveries.retry({ state: 'given-up' }, now, now);
  await endAll(model, { store } as Real);
}
