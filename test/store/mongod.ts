import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { freePort } from '../support/free-port.ts';

/** A single `mongod` that a test may kill, freeze and start again. */
export interface Mongod {
  /** `127.0.0.1:<port>`; the same after a restart. */
  readonly host: string;
  /** Starts it and waits until it answers; with a name as a member of that replica set. */
  start(replicaSet?: string): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** As the kernel kills, and power cuts. */
  kill(): Promise<void>;
  /** Kills it and removes its data. */
  remove(): Promise<void>;
}

/** The program is the one that serves the run's own replica set at `url`. */
export async function prepareMongod(url: string): Promise<Mongod> {
  const program = await programOf(url);
  const folder = await mkdtemp(join(tmpdir(), 'signoff-mongod-'));
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  let running: ChildProcess | undefined;

  async function kill(): Promise<void> {
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
  }

  return {
    host,
    async start(replicaSet) {
      const set = replicaSet === undefined ? [] : ['--replSet', replicaSet];
      const place = ['--dbpath', folder, '--bind_ip', '127.0.0.1', '--port', String(port)];
      running = spawn(program, [...place, '--wiredTigerCacheSizeGB', '0.25', ...set], { stdio: 'ignore' });
      await command(host, { ping: 1 });
    },
    signal: (signal) => void running?.kill(signal),
    kill,
    async remove() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One admin command to this very server, which need not be a primary. */
export async function command(host: string, order: Record<string, unknown>): Promise<Record<string, unknown>> {
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`);
  try {
    return await client.db('admin').command(order);
  } finally {
    await client.close();
  }
}

async function programOf(url: string): Promise<string> {
  const client = new MongoClient(url);
  try {
    const { argv } = await client.db('admin').command({ getCmdLineOpts: 1 });
    return String(argv[0]);
  } finally {
    await client.close();
  }
}
