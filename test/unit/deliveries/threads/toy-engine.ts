import { parentPort, workerData } from 'node:worker_threads';
import type { SettledListener } from '../../../../src/deliveries/engine-runner.ts';
import { serveEngine } from '../../../../src/deliveries/engine-thread.ts';

/** A thread whose engine says "woken" and "reloaded" as settled logouts, crashes on a third wake, and can be born broken. */
const { broken } = workerData as { broken?: boolean };
const listeners = new Set<SettledListener>();
const say = (word: string) => listeners.forEach((listener) => void listener([word]));
let wakes = 0;

if (!parentPort) throw new Error('this is the entry of a thread');
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
    reload: () => say('reloaded'),
    onSettled(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    healthy: () => true,
  },
  parentPort,
);
