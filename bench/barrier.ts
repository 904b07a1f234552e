/**
 * From an end until all that it names is dead, which is its first write: in quiet moments, and while apps save tokens in the
 * very sessions that it ends, and people sign in to that account, as fast as they can.
 */
import type { EndTarget } from '../src/logout/logout.ts';
import type { Store } from '../src/store/store.ts';
import { aCause, planAll, signIn, unique } from '../test/support/builders.ts';
import { type Crowd, crowdOfSessions } from '../test/support/crowd.ts';
import { startWritingStorm, tokenWriters, type WritingStorm } from '../test/support/writing-storm.ts';
import { openBenchStore } from './backlog.ts';
import type { BenchStore } from './bench-stores.ts';
import { type Effort, ms, percentile, type Row, times } from './row.ts';

const SESSIONS = 50;
const APPS = 4;
const PEOPLE = 4;
const ROUNDS = 40;
const QUICK_ROUNDS = 5;
const DEAD_WITHIN_MS = 50;

const TARGETS: Readonly<Record<string, (accountId: string) => EndTarget>> = {
  'an account': (accountId) => ({ kind: 'account', accountId }),
  'an app of an account': (accountId) => ({ kind: 'account-client', accountId, clientId: 'wiki' }),
  'an app of everybody': () => ({ kind: 'client', clientId: 'wiki' }),
};

export async function barrier({ quick, stores }: Effort): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const kind of stores) {
    const { store, close } = await openBenchStore(kind);
    for (const [name, targetOf] of Object.entries(TARGETS)) {
      rows.push(rowOf(kind, name, await measure(store, targetOf, quick ? QUICK_ROUNDS : ROUNDS)));
    }
    await close();
  }
  return rows;
}

interface Measured {
  readonly quiet: number[];
  readonly stormy: number[];
  /** Tokens saved and sign-ins made by the storms. */
  acts: number;
}

function rowOf({ name: store }: BenchStore, name: string, { quiet, stormy, acts }: Measured): Row {
  const [p50, most] = [percentile(stormy, 0.5), Math.max(...stormy)];
  const [quiet50, quietMost] = [percentile(quiet, 0.5), Math.max(...quiet)];
  return {
    name: `dead, ${store}: end of ${name} → nothing of it works, beside ${acts} tokens and sign-ins, p50 / most of ${stormy.length}`,
    value: `${ms(p50)} / ${ms(most)}`,
    baseline: `${ms(quiet50)} / ${ms(quietMost)} (quiet)`,
    ratio: `${times(p50 / quiet50)} / ${times(most / quietMost)}`,
    target: `≤ ${DEAD_WITHIN_MS} ms`,
    met: most <= DEAD_WITHIN_MS,
  };
}

/** In turns; the first of each compiles code. */
async function measure(store: Store, targetOf: (accountId: string) => EndTarget, rounds: number): Promise<Measured> {
  const measured: Measured = { quiet: [], stormy: [], acts: 0 };
  for (let round = 0; round <= rounds; round += 1) {
    const quiet = await untilDead(store, targetOf((await crowdOfSessions(store, SESSIONS)).accountId));
    const crowd = await crowdOfSessions(store, SESSIONS);
    const storm = await startStorm(store, crowd);
    const stormy = await untilDead(store, targetOf(crowd.accountId));
    // Whoever was signing in while the account ended is refused.
    await storm.stop().catch(() => undefined);
    if (round === 0) continue;
    measured.quiet.push(quiet);
    measured.stormy.push(stormy);
    measured.acts += storm.acts;
  }
  return measured;
}

/** Four apps save tokens in the sessions that end, and four people sign in to the account. */
function startStorm(store: Store, { accountId, participations }: Crowd): Promise<WritingStorm> {
  const people = Array.from({ length: PEOPLE }, () => () => signIn(store, { accountId }));
  return startWritingStorm([...tokenWriters(store, participations, APPS), ...people]);
}

async function untilDead(store: Store, target: EndTarget): Promise<number> {
  const since = performance.now();
  let dead = Number.NaN;
  const watch = {
    lease: undefined,
    leasing: () => undefined,
    written() {
      if (Number.isNaN(dead)) dead = performance.now() - since;
    },
  };
  await store.sessions.end(unique('logout'), target, aCause(), Date.now(), planAll(), watch);
  return dead;
}
