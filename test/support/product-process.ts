import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Store } from '../../src/store/store.ts';
import { CLI, surroundings } from './command.ts';
import { addAccounts, environment, freePort, startApps, type WorldOptions, writeClients } from './product.ts';
import type { RelyingParty } from './relying-party.ts';
import { openStoreAt } from './stores.ts';

/** The product as a process of its own, which a test may kill; its apps, folder and store stay. */
export interface ProductProcess<Name extends string> {
  readonly issuer: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly apps: Readonly<Record<Name, RelyingParty>>;
  /** A second connection, as another process has it; it outlives the process. */
  readonly store: Store;
  /** Everything the process has logged, of all its lives. */
  readonly logged: readonly ProcessLine[];
  /** Waits for `count` lines of this event with these facts, those before this call included. */
  waitForLines(event: string, facts?: Facts, count?: number): Promise<readonly ProcessLine[]>;
  /** kill -9; answers when it is gone. */
  kill(): Promise<void>;
  /** Starts it again; answers when it listens. */
  start(): Promise<void>;
  /** Stops it as an operator would, and removes everything. */
  stop(): Promise<void>;
}

type Facts = Readonly<Record<string, unknown>>;

export interface ProcessLine extends Facts {
  readonly event: string;
}

/** Starts it with these apps and the accounts alice and bob. Deliveries run in their thread. */
export async function startProductProcess<Name extends string>(
  options: Omit<WorldOptions<Name>, 'clock'>,
): Promise<ProductProcess<Name>> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'signoff-process-'));
  const issuer = `http://localhost:${port}`;
  const apps = await startApps(options.apps, issuer);
  const env: Record<string, string> = {
    ...surroundings(),
    ...(await environment(port, folder)),
    SIGNOFF_DELIVERY_RUN: 'thread',
    ...options.settings,
  };
  await writeClients(env['SIGNOFF_CLIENTS'] ?? '', Object.values(apps));
  const store = await openStoreAt(env['SIGNOFF_STORE'] ?? `sqlite:${join(folder, 'data', 'signoff.db')}`);
  await addAccounts(store);
  const log = createLogReader();
  let child = await startChild(folder, env, log);

  return {
    issuer,
    folder,
    env,
    apps,
    store,
    logged: log.lines,
    waitForLines: log.waitFor,
    kill: () => end(child, 'SIGKILL'),
    async start() {
      child = await startChild(folder, env, log);
    },
    async stop() {
      await end(child, 'SIGTERM');
      await store.close();
      await Promise.all(Object.values<RelyingParty>(apps).map((app) => app.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type LogReader = ReturnType<typeof createLogReader>;

async function startChild(folder: string, env: Record<string, string>, log: LogReader): Promise<ChildProcess> {
  const before = log.count('server.ready');
  const child = spawn(process.execPath, [CLI, 'start'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface(child.stdout).on('line', log.add);
  await Promise.race([log.waitFor('server.ready', {}, before + 1), gone(child)]);
  return child;
}

async function gone(child: ChildProcess): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`the product stopped with ${code} before it was ready`);
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

function createLogReader() {
  const lines: ProcessLine[] = [];
  const readers = new Set<() => void>();
  const found = (event: string, facts: Facts) =>
    lines.filter((line) => Object.entries({ event, ...facts }).every(([name, value]) => line[name] === value));

  return {
    lines,
    count: (event: string) => found(event, {}).length,
    add(text: string): void {
      lines.push(JSON.parse(text) as ProcessLine);
      for (const look of [...readers]) look();
    },
    waitFor(event: string, facts: Facts = {}, count = 1): Promise<readonly ProcessLine[]> {
      return new Promise((resolve) => {
        function look(): void {
          const fitting = found(event, facts);
          if (fitting.length < count) return;
          readers.delete(look);
          resolve(fitting);
        }
        readers.add(look);
        look();
      });
    },
  };
}
