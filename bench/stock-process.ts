/** The stock library in a process of its own: it must not share an event loop with the apps that it tells. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createPasswords } from '../src/accounts/password.ts';
import { PASSWORD } from '../test/support/relying-party.ts';
import { type ProcessorTime, processorTime, residentBytes } from './processor-time.ts';
import { startStockProvider } from './stock-provider.ts';

export interface StockProcess {
  readonly issuer: string;
  /** What it has cost so far. */
  processorTime(): ProcessorTime;
  residentBytes(): number;
  /** Puts the person who signed in last into all apps. */
  fill(): Promise<void>;
  stop(): Promise<void>;
}

interface Order {
  readonly port: number;
  readonly alg: 'RS256' | 'ES256';
  readonly clients: readonly Readonly<Record<string, unknown>>[];
  /** Hashes a password at each sign-in, as the product does. */
  readonly hashes?: boolean;
}

/** `env`: for the process, such as `NODE_EXTRA_CA_CERTS`. */
export async function startStockProcess(
  order: Order,
  env: Readonly<Record<string, string>> = {},
): Promise<StockProcess> {
  const child = fork(fileURLToPath(import.meta.url), {
    env: { ...process.env, NODE_NO_WARNINGS: '1', ...env },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.send(order);
  await isReady(child);
  return {
    issuer: `http://localhost:${order.port}`,
    processorTime: () => processorTime(child.pid ?? 0),
    residentBytes: () => residentBytes(child.pid ?? 0),
    async fill() {
      child.send('fill');
      await isReady(child);
    },
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function isReady(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the stock library ended: ${code}`)));
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
}

// The child's part.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [{ port, alg, clients, hashes }] = (await once(process, 'message')) as [Order];
  const passwords = createPasswords();
  const checkPassword = hashes ? () => passwords.verify(undefined, PASSWORD) : undefined;
  const { fill } = await startStockProvider(port, clients, alg, checkPassword);
  process.on('message', (message) => {
    if (message === 'fill') void fill().then(() => process.send?.('filled'));
  });
  process.send?.('ready');
}
