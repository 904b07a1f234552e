/** Memory of a server that has just started and has nothing to do, both threads together, beside that of Node alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.ts';
import { residentBytes } from './processor-time.ts';
import { buildProduct, startProduct } from './product-process.ts';
import { type Effort, type Row, times } from './row.ts';

const MOST_MB = 130;
/** Until what the start left behind is swept. */
const SETTLE_MS = 10_000;
const BARE = 'new (require("node:worker_threads").Worker)("setTimeout(() => {}, 1e6)", { eval: true })';

export async function idleMemory({ quick, stores }: Effort): Promise<readonly Row[]> {
  // As it is shipped: from source, Node keeps the compiler of TypeScript in both threads.
  buildProduct();
  const bare = await bareBytes();
  const rows: Row[] = [];
  for (const store of stores) {
    const env = store.freshSettings();
    const product = await startProduct({ port: await freePort(), clients: [], accounts: [], env, built: true });
    await pause(quick ? SETTLE_MS / 5 : SETTLE_MS);
    const bytes = product.residentBytes();
    await product.stop();
    rows.push({
      name: `idle memory of a server, both threads, ${store.name}`,
      value: inMb(bytes),
      baseline: `${inMb(bare)} (node with a second thread)`,
      ratio: times(bytes / bare),
      target: `≤ ${MOST_MB} MB`,
      met: bytes <= MOST_MB * 1e6,
    });
  }
  return rows;
}

async function bareBytes(): Promise<number> {
  const child = spawn(process.execPath, ['-e', BARE], { stdio: 'ignore' });
  await pause(1_000);
  const bytes = residentBytes(child.pid ?? 0);
  child.kill();
  await once(child, 'exit');
  return bytes;
}

function inMb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
