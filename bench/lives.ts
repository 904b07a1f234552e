/** The product as a process of its own, in a storm: begun again and again in one place. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { runCommand, surroundings } from '../test/support/command.ts';
import { freePort } from '../test/support/free-port.ts';
import { createLogReader, type ProductChild, spawnProduct } from '../test/support/product-child.ts';
import type { CountingApp } from './counting-app.ts';
import type { Storm } from './storm.ts';

/** So long after the last failure all must be told. */
const OVER_MS = 60_000;

export interface Lives {
  readonly issuer: string;
  /** Starts the product once more, in the same place. */
  begin(): ProductChild & { ready(): Promise<void> };
  /** A command beside it; answers what it printed. Throws where it does not end well. */
  command(args: readonly string[], input?: string): Promise<string>;
  remove(): void;
}

/** Of a product with these settings that knows these apps. */
export async function prepareLives(
  settings: Readonly<Record<string, string>>,
  { apps }: { readonly apps: readonly Pick<CountingApp, 'clientId' | 'file'>[] },
): Promise<Lives> {
  const folder = mkdtempSync(join(tmpdir(), 'signoff-bench-crash-'));
  const clients = join(folder, 'clients');
  mkdirSync(clients);
  for (const { clientId, file } of apps) writeFileSync(join(clients, `${clientId}.yaml`), JSON.stringify(file));
  const port = await freePort();
  const env = {
    ...surroundings(),
    NODE_ENV: 'development',
    PORT: String(port),
    SIGNOFF_DATA: join(folder, 'data'),
    SIGNOFF_CLIENTS: clients,
    SIGNOFF_OUTBOUND_ALLOW: '127.0.0.0/8',
    ...settings,
  };
  const log = createLogReader();
  return {
    issuer: `http://localhost:${port}`,
    begin: () => spawnProduct({ folder, env, log }),
    async command(args, input) {
      const { code, stdout, stderr } = await runCommand({ folder, env }, args, input);
      if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
      return stdout;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** How long it took until nobody was untold, in ms; a minute at most. */
export async function untilAllTold(storm: Storm): Promise<number> {
  const since = performance.now();
  while (storm.lost().length > 0 && performance.now() - since < OVER_MS) await setTimeout(20);
  return performance.now() - since;
}
