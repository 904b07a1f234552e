/** Everybody at one app that takes 50 ms: how long until the last of them is told, against 8 at a time. */
import { freePort } from '../test/support/free-port.ts';
import { openBacklog } from './backlog.ts';
import type { BenchStore } from './bench-stores.ts';
import { startProduct } from './product-process.ts';
import { type Effort, type Row, times } from './row.ts';
import { startSlowApp } from './slow-app.ts';

const ANSWER_MS = 50;
const FIXED_CAP = 8;
/** Half a minute of a cap of 8; the ramp to 64 takes about 3 s. */
const TARGET = 4;

export async function busyApp({ quick, stores }: Effort): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const store of stores) rows.push(await measure(store, quick ? 2_000 : 10_000));
  return rows;
}

async function measure(store: BenchStore, sessions: number): Promise<Row> {
  const backlog = await openBacklog(store);
  let left = sessions;
  let finished: () => void = () => undefined;
  const over = new Promise<void>((done) => {
    finished = done;
  });
  const app = await startSlowApp('busy', ANSWER_MS, () => {
    left -= 1;
    if (left === 0) finished();
  });
  const product = await startProduct({
    port: await freePort(),
    clients: [app.file],
    accounts: [],
    env: backlog.settings,
  });
  const parts = Array.from({ length: 10 }, () => ({ clientId: app.clientId, origin: app.origin, rows: sessions / 10 }));
  const endAll = await backlog.prepare(parts);
  const from = performance.now();
  await endAll();
  await over;
  const took = (performance.now() - from) / 1000;
  const fixed = (sessions * ANSWER_MS) / FIXED_CAP / 1000;
  await product.stop();
  app.stop();
  await backlog.close();
  return {
    name: `busy app, ${store.name}: ${sessions.toLocaleString('en')} sessions end at one app that takes ${ANSWER_MS} ms, until the last is told (${app.most} at once)`,
    value: `${took.toFixed(1)} s`,
    baseline: `${fixed.toFixed(1)} s (${FIXED_CAP} at a time, by arithmetic)`,
    ratio: times(fixed / took),
    target: `≥ ${TARGET} × sooner (10,000 sessions)`,
    met: fixed / took >= TARGET,
  };
}
