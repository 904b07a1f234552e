/**
 * What a store of a million sessions costs, against a store of two hundred in the same run: each act turn by turn in both, its
 * median against the other's. `--size` is the number of sessions (10⁶ on SQLite, a tenth of it on MongoDB).
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Claim, Store } from '../src/store/store.ts';
import {
  aCause,
  aClaim,
  anAttempt,
  DAY,
  planAll,
  type SignedIn,
  signIn,
  T0,
  unique,
} from '../test/support/builders.ts';
import type { BenchStore } from './bench-stores.ts';
import { crowdOf, POPULAR } from './crowd.ts';
import { openCrowded } from './crowded-store.ts';
import { type Effort, ms, percentile, type Row, times } from './row.ts';

const SIZE = 1_000_000;
const QUICK_SIZE = 20_000;
/** Not quite empty: the cleaner must have something to do. */
const EMPTY = 200;
const REPEATS = 40;
/** Of what a person waits for. */
const RATIO_MAX = 1.5;
/** Of one round of what nobody waits for. */
const ROWS = 100;

export async function scale({ quick, size, stores }: Effort): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const store of stores) {
    const whole = size ?? (quick ? QUICK_SIZE : SIZE);
    const sessions = store.name === 'SQLite' ? whole : Math.ceil(whole / 10);
    rows.push(...(await measure(store, sessions)));
  }
  return rows;
}

async function measure(kind: BenchStore, sessions: number): Promise<readonly Row[]> {
  const empty = await openCrowded(kind, crowdOf(EMPTY));
  const full = await openCrowded(kind, crowdOf(sessions));
  const rows: Row[] = [];
  for (const [name, act] of Object.entries(ACTS)) {
    const [baseline, value] = await turnByTurn(empty.store, full.store, act);
    const ratio = value / baseline;
    const target = act.isWaitedFor ? `≤ ${RATIO_MAX} ×` : `≤ ${RATIO_MAX} × or ${act.msMax} ms`;
    const met = ratio <= RATIO_MAX || value <= act.msMax;
    const label = `${kind.name}, ${sessions.toLocaleString('en')} sessions: ${name}`;
    rows.push({ name: label, value: ms(value), baseline: `${ms(baseline)} (empty)`, ratio: times(ratio), target, met });
  }
  await Promise.all([empty.remove(), full.remove()]);
  return rows;
}

interface Act {
  readonly isWaitedFor: boolean;
  /** Where nobody waits for it: so little of the writer's and the thread's time is well whatever the ratio. */
  readonly msMax: number;
  /** Makes ready, and answers what is measured. */
  prepare(store: Store): Promise<() => Promise<unknown>>;
  /** Milliseconds; without it, those that it takes. */
  cost?(store: Store, run: () => Promise<unknown>): Promise<number>;
}

async function turnByTurn(empty: Store, full: Store, act: Act): Promise<readonly [number, number]> {
  const samples: [number[], number[]] = [[], []];
  for (let n = 0; n < REPEATS + 5; n += 1) {
    for (const [place, store] of [empty, full].entries()) {
      const run = await act.prepare(store);
      const ms = await (act.cost ?? duration)(store, run);
      if (n >= 5) samples[place]?.push(ms);
    }
  }
  return [percentile(samples[0], 0.5), percentile(samples[1], 0.5)];
}

async function duration(_store: Store, run: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await run();
  return performance.now() - since;
}

/** What it costs others: small writes go on beside it, and the one that waits longest counts. */
async function longestWaitBeside(store: Store, run: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let isOver = false;
  const over = run().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    longest = Math.max(longest, await duration(store, () => store.logouts.closeReceipt('nobody')));
    await pause(1);
  }
  await over;
  return longest;
}

const CLIENTS = [POPULAR, 'app-7', 'app-14'];

function person(work: (store: Store, who: SignedIn) => Promise<unknown>): Act {
  return {
    isWaitedFor: true,
    msMax: 0,
    async prepare(store) {
      const who = await signIn(store, { clients: CLIENTS });
      await signIn(store, { clients: CLIENTS, accountId: who.accountId });
      return () => work(store, who);
    },
  };
}

function background(msMax: number, prepare: Act['prepare']): Act {
  return { isWaitedFor: false, msMax, prepare };
}

function end(store: Store, target: Parameters<Store['sessions']['end']>[1]) {
  return store.sessions.end(unique('logout'), target, aCause(), T0, planAll());
}

/** What the sign-offs before have left to tell is claimed, and tried in vain, over and over. */
const held = new Map<Store, Claim>();

async function hold(store: Store): Promise<void> {
  const claim = await store.deliveries.claim(aClaim({ limit: ROWS }));
  if (claim.deliveries.length < ROWS) throw new Error(`only ${claim.deliveries.length} deliveries were due`);
  held.set(store, claim);
}

async function settleHeld(store: Store): Promise<void> {
  const claim = held.get(store);
  if (!claim) return;
  const again = { kind: 'again', attempt: anAttempt(), nextAttemptAt: T0, backoffMs: 1_000, refusal: false } as const;
  const settlements = claim.deliveries.map(({ id }) => ({ ...again, deliveryId: id }));
  await store.deliveries.settle(claim.token, settlements, []);
  held.delete(store);
}

const ACTS: Readonly<Record<string, Act>> = {
  'sign in to three apps': person((store, { accountId }) => signIn(store, { clients: CLIENTS, accountId })),
  'look at a session': person((store, { cookieHash }) => store.sessions.findByCookie(cookieHash, T0)),
  'list of my sessions': person((store, { accountId }) =>
    store.sessions.list({ accountId, state: 'live' }, { limit: 50 }),
  ),
  'sign off, app-here': person((store, { participations }) =>
    end(store, { kind: 'participation', sid: participations[0]?.sid ?? '' }),
  ),
  'sign off, all-here': person((store, { uid }) => end(store, { kind: 'session', uid })),
  'sign off, app-everywhere': person((store, { accountId }) =>
    end(store, { kind: 'account-client', accountId, clientId: POPULAR }),
  ),
  'sign off, all-everywhere': person((store, { accountId }) => end(store, { kind: 'account', accountId })),
  'claim 100': background(5, async (store) => {
    await settleHeld(store);
    return () => hold(store);
  }),
  'settle 100': background(5, async (store) => {
    if (!held.has(store)) await hold(store);
    return () => settleHeld(store);
  }),
  'sweep, what is due': background(5, async (store) => () => store.sessions.due(T0 + DAY, ROWS)),
  'list of one app': background(50, async (store) => () => store.sessions.list({ clientId: POPULAR }, { limit: 100 })),
  'list of what was given up': background(
    50,
    async (store) => () => store.deliveries.list({ state: 'given-up' }, { limit: 100 }),
  ),
  'a small write beside the cleaner': {
    ...background(50, async (store) => () => store.logouts.removeBefore(T0 - 30 * DAY, ROWS)),
    cost: longestWaitBeside,
  },
};
