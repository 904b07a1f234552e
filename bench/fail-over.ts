/**
 * Invariant 3 on three MongoDB members in a storm: the primary steps down, or is killed and comes back. Lost: never told.
 * Twice: told again; allowed for what was under way while there was no primary, or answered and not written down yet.
 */
import { setTimeout } from 'node:timers/promises';
import { command, type Mongod, prepareMongod } from '../test/store/mongod.ts';
import { openBenchStore } from './backlog.ts';
import type { BenchStore } from './bench-stores.ts';
import { prepareLives, untilAllTold } from './lives.ts';
import { type Effort, ms, percentile, type Row } from './row.ts';
import { type Storm, startStorm } from './storm.ts';

const FAILURES = 20;
const FAILURES_QUICK = 4;
/** The promise: apps are told again so soon after the store can be written again. */
const RESUMED_MS = 1_000;
/** Between two failures, at most. */
const APART_MS = 1_500;
/** An answer is written down within so long. */
const WRITTEN_MS = 500;

const MAJORITY_WRITE = {
  appendOplogNote: 1,
  data: { bench: 'fail-over' },
  writeConcern: { w: 'majority', j: true },
} as const;

interface Outage {
  readonly from: number;
  readonly until: number;
  readonly resumedMs: number;
}

export async function failOver({ quick, stores }: Effort): Promise<readonly Row[]> {
  const store = stores.find(({ name }) => name === 'MongoDB');
  if (!store) return [];
  const members = await startMembers(store);
  const rows = await failing(members, threeMembers(store, members), quick ? FAILURES_QUICK : FAILURES);
  for (const member of members) await member.remove();
  return rows;
}

async function failing(members: readonly Mongod[], kind: BenchStore, failures: number): Promise<readonly Row[]> {
  const { settings, store, close } = await openBenchStore(kind);
  const storm = await startStorm(store);
  const lives = await prepareLives(settings, storm);
  const product = lives.begin();
  await product.ready();
  const outages: Outage[] = [];
  for (let failure = 0; failure < failures; failure += 1) {
    await setTimeout(APART_MS / 2 + (Math.random() * APART_MS) / 2);
    outages.push(await fail(members, storm, failure % 2 === 0 ? 'steps down' : 'is killed'));
  }
  await storm.calm();
  const overMs = await untilAllTold(storm);
  await setTimeout(1_000);
  await product.stop();
  const rows = rowsOf(storm, outages, overMs);
  storm.stop();
  lives.remove();
  await close();
  return rows;
}

async function fail(members: readonly Mongod[], storm: Storm, how: 'steps down' | 'is killed'): Promise<Outage> {
  const primary = await primaryOf(members);
  const from = performance.now();
  if (how === 'is killed') await primary.kill();
  else await command(primary.host, { replSetStepDown: 5, secondaryCatchUpPeriodSecs: 4, force: true });
  const next = await primaryOf(members.filter((member) => member !== primary));
  // A primary is one before a majority follows it: from this answer on anybody can write as we do.
  await command(next.host, MAJORITY_WRITE);
  const until = performance.now();
  const resumedMs = await firstToldAfter(storm, until);
  if (how === 'is killed') await primary.start('rs0');
  return { from, until, resumedMs };
}

async function firstToldAfter(storm: Storm, since: number): Promise<number> {
  while (performance.now() - since < 10 * RESUMED_MS) {
    const first = storm.arrivalsSince(since)[0];
    if (first !== undefined) return first - since;
    await setTimeout(2);
  }
  return Number.POSITIVE_INFINITY;
}

function rowsOf(storm: Storm, outages: readonly Outage[], overMs: number): readonly Row[] {
  const isUnderWay = (at: number) => outages.some(({ from, until }) => at > from - WRITTEN_MS && at < until);
  const excused = [...storm.owed].filter((sid) => storm.arrivalsOf(sid).some(isUnderWay));
  const twice = storm.twice();
  const unexcused = twice.filter((sid) => !excused.includes(sid));
  const lost = storm.lost();
  const resumed = outages.map(({ resumedMs }) => resumedMs);
  const away = outages.map(({ from, until }) => until - from);
  return [
    {
      name: `fail-over, three members: primary stepped down or killed ${outages.length} × in a storm of ${storm.owed.size.toLocaleString('en')} deliveries: lost / told twice / of them not under way`,
      value: `${lost.length} / ${twice.length} / ${unexcused.length}`,
      baseline: `${excused.length} under way; all told ${ms(overMs)} after the last`,
      ratio: `${(twice.length / outages.length).toFixed(1)} twice a failure`,
      target: '0 lost, none twice but those under way',
      met: lost.length === 0 && unexcused.length === 0,
    },
    {
      name: 'the same: first majority write on the new primary → first app told, p50 / max',
      value: `${ms(percentile(resumed, 0.5))} / ${ms(Math.max(...resumed))}`,
      baseline: `${ms(percentile(away, 0.5))} / ${ms(Math.max(...away))} until then`,
      ratio: `${(Math.max(...resumed) / RESUMED_MS).toFixed(2)} ×`,
      target: `≤ ${RESUMED_MS} ms`,
      met: Math.max(...resumed) <= RESUMED_MS,
    },
  ];
}

async function startMembers(store: BenchStore): Promise<readonly Mongod[]> {
  const url = store.freshSettings()['SIGNOFF_STORE'] ?? '';
  const members = [await prepareMongod(url), await prepareMongod(url), await prepareMongod(url)];
  await Promise.all(members.map((member) => member.start('rs0')));
  const [first] = members;
  await command(first?.host ?? '', {
    replSetInitiate: {
      _id: 'rs0',
      members: members.map(({ host }, _id) => ({ _id, host })),
      settings: { electionTimeoutMillis: 2_000, heartbeatIntervalMillis: 500 },
    },
  });
  await primaryOf(members);
  return members;
}

function threeMembers(store: BenchStore, members: readonly Mongod[]): BenchStore {
  const hosts = members.map(({ host }) => host).join();
  const settings = { ...store.freshSettings(), SIGNOFF_STORE: `mongodb://${hosts}/signoff_bench?replicaSet=rs0` };
  return { name: 'MongoDB', freshSettings: () => settings };
}

async function primaryOf(members: readonly Mongod[]): Promise<Mongod> {
  for (;;) {
    for (const member of members) {
      const hello = await command(member.host, { hello: 1 }).catch(() => undefined);
      if (hello?.['isWritablePrimary'] === true) return member;
    }
    await setTimeout(20);
  }
}
