import { parentPort, workerData } from 'node:worker_threads';
import { serveEngine } from '../../../../src/deliveries/engine-orders.ts';
import { lineOfProcess } from '../../../../src/deliveries/engine-process.ts';
import type { SettledListener } from '../../../../src/deliveries/engine-runner.ts';
import { lineOfThread } from '../../../../src/deliveries/engine-thread.ts';

/**
 * A thread or process whose engine says "woken" and "reloaded" as settled logouts, crashes on a third wake, can be born broken,
 * and hangs for a while when it is reloaded where it is told so.
 */
const { line, settings } = parentPort
  ? { line: lineOfThread(parentPort), settings: workerData as unknown }
  : await lineOfProcess();
const { broken, hangsForMs = 0 } = settings as { broken?: boolean; hangsForMs?: number };
const listeners = new Set<SettledListener>();
const say = (word: string) => listeners.forEach((listener) => void listener([word]));
let wakes = 0;

await serveEngine(
  {
    async start() {
      if (broken) throw new Error('born broken');
    },
    async stop() {},
    wake() {
      wakes += 1;
      if (wakes === 3) throw new Error('crashed on purpose');
      say('woken');
    },
    reload() {
      if (hangsForMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, hangsForMs);
      say('reloaded');
    },
    idle: () => undefined,
    onAtHand: (listener) => listener('little'),
    prepare: ([first]) => say(`prepares ${first?.id}`),
    take: ({ token }) => say(`took ${token}`),
    recover: (token) => say(`recovers ${token}`),
    onSettled(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    healthy: () => true,
  },
  line,
);
