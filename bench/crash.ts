/**
 * Invariant 3 in figures: kill -9 at random moments of a storm. Lost: never told. Twice: told again; allowed for what was
 * under way, or answered and not written down yet.
 */
import { setTimeout } from 'node:timers/promises';
import { openBenchStore } from './backlog.ts';
import type { BenchStore } from './bench-stores.ts';
import { prepareLives, untilAllTold } from './lives.ts';
import { type Effort, ms, percentile, type Row } from './row.ts';
import { type Storm, startStorm, type UnderWay } from './storm.ts';

const KILLS = 200;
const KILLS_QUICK = 10;
/** The promise: what was under way is told again so soon after the next process is ready. */
const RESUMED_MS = 1_000;
/** A life is at most so much longer than it takes to resume. */
const LIFE_MS = 600;

export async function crash({ quick, stores }: Effort): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const store of stores) rows.push(...(await killed(store, quick ? KILLS_QUICK : KILLS)));
  return rows;
}

async function killed(kind: BenchStore, kills: number): Promise<readonly Row[]> {
  const { settings, store, close } = await openBenchStore(kind);
  const storm = await startStorm(store);
  const lives = await prepareLives(settings, storm);
  const resumedMs: number[] = [];
  const excused = new Set<string>();
  let underWay: readonly UnderWay[] = [];
  let mostUnderWay = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const product = lives.begin();
    // One of four dies before it is ready, one as soon as it is; the others have taken up what was left.
    if (kill % 4 !== 3) await product.ready();
    if (kill % 2 === 0 && underWay.length > 0) resumedMs.push(await resumedAfter(storm, underWay));
    await setTimeout(Math.random() ** 2 * LIFE_MS);
    await product.kill();
    underWay = await storm.inFlight();
    for (const { sid } of underWay) excused.add(sid);
    mostUnderWay = Math.max(mostUnderWay, underWay.length);
  }
  await storm.calm();
  const last = lives.begin();
  await last.ready();
  const overMs = await untilAllTold(storm);
  await setTimeout(1_000);
  await last.stop();
  const twice = storm.twice();
  const unexcused = twice.filter((sid) => !excused.has(sid));
  const lost = storm.lost();
  storm.stop();
  lives.remove();
  await close();
  return [
    {
      name: `crash, ${kind.name}: ${kills} × kill -9 in a storm of ${storm.owed.size.toLocaleString('en')} deliveries: lost / told twice / of them not under way at a kill`,
      value: `${lost.length} / ${twice.length} / ${unexcused.length}`,
      baseline: `${excused.size} under way at the kills, ${mostUnderWay} at most; all told ${ms(overMs)} after the last`,
      ratio: `${(twice.length / kills).toFixed(1)} twice a kill`,
      target: '0 lost, none twice but those under way',
      met: lost.length === 0 && unexcused.length === 0,
    },
    {
      name: `the same: ready → first of those under way told again, p50 / max of ${resumedMs.length}`,
      value: `${ms(percentile(resumedMs, 0.5))} / ${ms(Math.max(...resumedMs))}`,
      baseline: `${RESUMED_MS} ms (three missed heartbeats took 3 s)`,
      ratio: `${(Math.max(...resumedMs) / RESUMED_MS).toFixed(2)} ×`,
      target: `≤ ${RESUMED_MS} ms`,
      met: Math.max(...resumedMs) <= RESUMED_MS,
    },
  ];
}

/** How long from now until the first of these arrives again; 0 where that was before the process said that it was ready. */
async function resumedAfter(storm: Storm, underWay: readonly UnderWay[]): Promise<number> {
  const since = performance.now();
  while (performance.now() - since < 10 * RESUMED_MS) {
    const again = underWay.map(({ sid, arrivals }) => storm.arrivalsOf(sid)[arrivals]).filter((at) => at !== undefined);
    if (again.length > 0) return Math.max(0, Math.min(...again) - since);
    await setTimeout(2);
  }
  return Number.POSITIVE_INFINITY;
}
