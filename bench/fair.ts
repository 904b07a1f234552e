/**
 * Invariant 5 in figures: a quick app while others take 3 s for each of their many 200s, against the same app, in the same
 * minute, while nobody else is owed anything.
 */
import { Agent } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.ts';
import { PASSWORD } from '../test/support/relying-party.ts';
import { openBacklog } from './backlog.ts';
import type { BenchStore } from './bench-stores.ts';
import { stopApps } from './logout-answer.ts';
import { startReceivers } from './loopback-apps.ts';
import { startProduct } from './product-process.ts';
import { noSamples, type QuietScene, type Samples, signOffOnce, startQuietApps } from './quiet-delivery.ts';
import { chosenStores, type Effort, ms, percentile, type Row, times } from './row.ts';
import { type SlowApp, startSlowApp } from './slow-app.ts';

const SLOW_MS = 3_000;
const MIXES = [
  { apps: 10, rows: 55 },
  { apps: 12, rows: 300 },
] as const;
type Mix = (typeof MIXES)[number];
/** A slow app begins with so many calls under way. */
const FIRST_CAP = 8;
const WARM_UP = 10;
/** What slow apps may cost a quick one. The slowest of few sign-offs are those of a busy machine: twice as much for them. */
const DELAY_MAX_MS = 10;

export async function fair(effort: Effort): Promise<readonly Row[]> {
  const { quick } = effort;
  const rows: Row[] = [];
  for (const store of chosenStores(effort)) {
    for (const mix of quick ? MIXES.slice(0, 1) : MIXES)
      rows.push(rowOf(store, mix, await measure(store, mix, quick ? 25 : 100)));
  }
  return rows;
}

interface Measured {
  readonly quiet: Samples;
  readonly crowded: Samples;
}

function rowOf({ name }: BenchStore, mix: Mix, { quiet, crowded }: Measured): Row {
  const at = (samples: Samples, p: number) => percentile(samples.fromClick, p);
  const [p50, p95] = [at(crowded, 0.5), at(crowded, 0.95)];
  const [quiet50, quiet95] = [at(quiet, 0.5), at(quiet, 0.95)];
  return {
    name: `fair, ${name}: click → a quick app’s 2xx beside ${mix.apps} × ${mix.rows} rows of apps that take 3 s, p50 / p95`,
    value: `${ms(p50)} / ${ms(p95)}`,
    baseline: `${ms(quiet50)} / ${ms(quiet95)} (quiet)`,
    ratio: `${times(p50 / quiet50)} / ${times(p95 / quiet95)}`,
    target: `≤ quiet + ${DELAY_MAX_MS} ms / ≤ 2 × quiet + ${DELAY_MAX_MS} ms`,
    met: p50 <= quiet50 + DELAY_MAX_MS && p95 <= 2 * quiet95 + DELAY_MAX_MS,
  };
}

async function measure(store: BenchStore, mix: Mix, rounds: number): Promise<Measured> {
  const port = await freePort();
  const backlog = await openBacklog(store);
  const receivers = await startReceivers(1);
  const apps = await startQuietApps(port, receivers);
  const slow = await Promise.all(Array.from({ length: mix.apps }, (_, n) => startSlowApp(`slow${n + 1}`, SLOW_MS)));
  const product = await startProduct({
    port,
    clients: [...apps, ...slow].map(({ file }) => file),
    accounts: [{ username: 'alice', password: PASSWORD }],
    env: { ...backlog.settings, SIGNOFF_OUTBOUND_CA: receivers.caFile },
  });
  const scene = { product, apps, receivers, browserAgent: new Agent({ keepAlive: true }) };
  const endAll = await backlog.prepare(slow.map(({ clientId, origin }) => ({ clientId, origin, rows: mix.rows })));
  await signOffs(scene, WARM_UP);
  const quiet = await signOffs(scene, rounds);
  await endAll();
  await untilBusy(slow);
  const crowded = await signOffs(scene, rounds);
  scene.browserAgent.destroy();
  await product.stop();
  await stopApps(apps);
  for (const one of slow) one.stop();
  receivers.stop();
  await backlog.close();
  return { quiet, crowded };
}

async function signOffs(scene: QuietScene, rounds: number): Promise<Samples> {
  const samples = noSamples();
  for (let round = 0; round < rounds; round += 1) await signOffOnce(scene, samples);
  return samples;
}

/** All of them have their hands full, and more waits for each. */
async function untilBusy(slow: readonly SlowApp[]): Promise<void> {
  while (slow.some((app) => app.most < FIRST_CAP)) await setTimeout(50);
}
