/** A server in a thread of its own that says 429 to whatever comes: what a flood costs a machine whoever answers it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

export interface BareRefusal {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startBareRefusal(): Promise<BareRefusal> {
  const worker = new Worker(new URL(import.meta.url));
  const [port] = (await once(worker, 'message')) as [number];
  return {
    port,
    async stop() {
      await worker.terminate();
    },
  };
}

if (!isMainThread) {
  const server = createServer((incoming, response) => {
    incoming.resume().on('end', () => response.writeHead(429).end());
  });
  server.listen(0, 'localhost', () => parentPort?.postMessage((server.address() as AddressInfo).port));
}
