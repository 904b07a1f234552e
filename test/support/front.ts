import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What stands before several processes of the product: one address, and a choice who serves its next connection. */
export interface Front {
  /** New connections go there from now on. */
  sendTo(port: number): void;
  close(): Promise<void>;
}

/** Listens on `port` of loopback and passes every byte on. */
export async function startFront(port: number, firstTarget: number): Promise<Front> {
  const sockets = new Set<Socket>();
  let target = firstTarget;
  const server = createServer((browser) => {
    const product = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [browser, product],
      [product, browser],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    sendTo(next) {
      target = next;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
