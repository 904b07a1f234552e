import { type MessagePort, Worker } from 'node:worker_threads';
import type { KeptEngine } from './engine-keeper.ts';
import type { KeeperLine, Order } from './engine-orders.ts';

/**
 * Begins a thread at `url`, whose entry calls `serveEngine`; `workerData` is whatever can be cloned. A storm of TLS
 * handshakes must not share an event loop with sign-ins (engine.md §6: 1,061 ms instead of 1.0 ms at p50).
 */
export function startEngineThread(url: URL, workerData: unknown): KeptEngine {
  const worker = new Worker(url, { workerData });
  return {
    pid: process.pid,
    order: (order) => worker.postMessage(order),
    onReport: (listener) => void worker.on('message', listener),
    onEnd(listener) {
      let cause: unknown;
      worker.on('error', (error) => {
        cause = error;
      });
      worker.once('exit', (code) => listener(cause ?? new Error(`the delivery thread ended with code ${code}`)));
    },
    kill: () => void worker.terminate(),
  };
}

/** The thread's end of the line. */
export function lineOfThread(port: MessagePort): KeeperLine {
  return {
    report: (one) => port.postMessage(one),
    onOrder: (listener) => void port.on('message', (order: Order) => listener(order)),
    close: () => port.close(),
  };
}
