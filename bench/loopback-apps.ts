/** Apps that only receive: an address over TLS that answers 200 at once, so that what is measured is ours. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from '../test/support/authority.ts';

export interface Receivers {
  /** One logout address each. */
  readonly addresses: readonly string[];
  /** A PEM file for `SIGNOFF_OUTBOUND_CA`. */
  readonly caFile: string;
  /** The certificate as text. */
  readonly ca: string;
  /** When each of them has next been answered, on `performance.now()`. */
  allTold(): Promise<readonly number[]>;
  stop(): void;
}

/** Starts `count` of them on loopback, all with one certificate. */
export async function startReceivers(count: number): Promise<Receivers> {
  const pair = selfSigned('localhost');
  const folder = mkdtempSync(join(tmpdir(), 'signoff-bench-ca-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, pair.cert);
  const told: ((at: number) => void)[] = [];
  const servers = Array.from({ length: count }, (_, index) =>
    createServer(pair, (incoming, response) => {
      incoming.resume().on('end', () => {
        response.end();
        told[index]?.(performance.now());
      });
    }),
  );
  await Promise.all(servers.map((server) => new Promise<void>((up) => server.listen(0, '127.0.0.1', up))));
  return {
    addresses: servers.map((server) => `https://localhost:${(server.address() as AddressInfo).port}/backchannel`),
    caFile,
    ca: pair.cert,
    allTold: () =>
      Promise.all(
        servers.map(
          (_, index) =>
            new Promise<number>((resolve) => {
              told[index] = resolve;
            }),
        ),
      ),
    stop() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
