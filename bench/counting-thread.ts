/** Counting apps in a thread of their own: what they take must not stand between people and the clock that times them. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type CountingApp, startCountingApp } from './counting-app.ts';

export interface CountingThread {
  readonly apps: readonly Pick<CountingApp, 'clientId' | 'file'>[];
  /** How often each `sid` arrived, all apps together. */
  arrivals(): Promise<ReadonlyMap<string, number>>;
  stop(): Promise<void>;
}

interface Order {
  readonly count: number;
  readonly slowestMs: number;
}

export async function startCountingThread(count: number, slowestMs: number): Promise<CountingThread> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { count, slowestMs } satisfies Order });
  const [apps] = (await once(worker, 'message')) as [CountingThread['apps']];
  return {
    apps,
    async arrivals() {
      worker.postMessage('arrivals');
      const [counts] = (await once(worker, 'message')) as [ReadonlyMap<string, number>];
      return counts;
    },
    async stop() {
      await worker.terminate();
    },
  };
}

if (!isMainThread && parentPort) {
  const { count, slowestMs } = workerData as Order;
  const apps = await Promise.all(Array.from({ length: count }, (_, at) => startCountingApp(`app-${at}`, slowestMs)));
  parentPort.on('message', () => {
    const counts = new Map<string, number>();
    for (const { arrivals } of apps)
      for (const [sid, times] of arrivals) counts.set(sid, (counts.get(sid) ?? 0) + times.length);
    parentPort?.postMessage(counts);
  });
  parentPort.postMessage(apps.map(({ clientId, file }) => ({ clientId, file })));
}
