/**
 * The engine in a thread of its own, seen from the main thread: started, watched, started again when it crashes. A storm
 * of TLS handshakes must not share an event loop with sign-ins (engine.md §6: 1,061 ms instead of 1.0 ms at p50).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type MessagePort, Worker } from 'node:worker_threads';
import type { Log } from '../ops/log.ts';
import type { EngineRunner, SettledListener } from './engine-runner.ts';

/** Main → thread. */
type Order = 'wake' | 'reload' | 'stop';
/** Thread → main; `alive` each second. */
type Report =
  | { readonly kind: 'ready' | 'alive' }
  | { readonly kind: 'settled'; readonly logoutIds: readonly string[] };

const ALIVE_MS = 1_000;
/** A loop that hangs so long will not come back. */
const SILENT_MAX_MS = 30_000;
const RESTART_FIRST_MS = 100;
const RESTART_MAX_MS = 10_000;
/** A thread that lived so long was not born broken: the next wait begins small again. */
const SOUND_MS = 60_000;
/** The engine drains for up to 10 s, twice. */
const STOP_MAX_MS = 25_000;

export interface EngineThreadParts {
  /** The thread's entry; it calls `serveEngine`. */
  readonly url: URL;
  /** For the entry: whatever can be cloned. */
  readonly workerData: unknown;
  readonly log: Log;
}

/** `start` rejects when the thread does not become ready the first time; afterwards it is restarted for ever. */
export function createEngineThread(parts: EngineThreadParts): EngineRunner {
  return new EngineThread(parts);
}

/**
 * What the thread's entry does once it has built its engine: runs it, carries orders in and reports out. Resolves when
 * the engine was told to stop and has; the entry then closes its store. Rejects when the engine cannot start.
 */
export async function serveEngine(engine: EngineRunner, port: MessagePort): Promise<void> {
  const report = (one: Report) => port.postMessage(one);
  const stopOrdered = new Promise<void>((ordered) => {
    port.on('message', (order: Order) => {
      if (order === 'wake') engine.wake();
      else if (order === 'reload') engine.reload();
      else ordered();
    });
  });
  engine.onSettled((logoutIds) => report({ kind: 'settled', logoutIds }));
  await engine.start();
  report({ kind: 'ready' });
  const alive = setInterval(report, ALIVE_MS, { kind: 'alive' });
  await stopOrdered;
  clearInterval(alive);
  await engine.stop();
  port.close();
}

class EngineThread implements EngineRunner {
  readonly #parts: EngineThreadParts;
  readonly #listeners = new Set<SettledListener>();
  #worker: Worker | undefined;
  #ready = false;
  #stopping = false;
  #running: Promise<void> | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #restarts = 0;

  constructor(parts: EngineThreadParts) {
    this.#parts = parts;
  }

  start(): Promise<void> {
    this.#running ??= this.#spawn();
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#order('stop');
    const ended = await Promise.race([this.#exited, pause(STOP_MAX_MS, 'late', { ref: false })]);
    if (ended === 'late') await this.#worker?.terminate();
  }

  wake(): void {
    this.#order('wake');
  }

  reload(): void {
    this.#order('reload');
  }

  onSettled(listener: SettledListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  healthy(): boolean {
    return this.#ready;
  }

  #order(order: Order): void {
    this.#worker?.postMessage(order);
  }

  /** Resolves at the first `ready`; rejects when the thread ends before. */
  #spawn(): Promise<void> {
    const worker = new Worker(this.#parts.url, { workerData: this.#parts.workerData });
    const startedAt = performance.now();
    this.#worker = worker;
    return new Promise((done, fail) => {
      let cause: unknown;
      const watch = watchdog(() => void worker.terminate());
      worker.on('message', (report: Report) => {
        watch.refresh();
        if (report.kind === 'settled') this.#settled(report.logoutIds);
        else if (report.kind === 'ready') {
          this.#ready = true;
          done();
        }
      });
      worker.on('error', (error) => {
        cause = error;
      });
      this.#exited = new Promise<void>((exited) => {
        worker.once('exit', (code) => {
          watch.stop();
          this.#ended(startedAt, cause ?? new Error(`the delivery thread ended with code ${code}`), fail);
          exited();
        });
      });
    });
  }

  #ended(startedAt: number, cause: unknown, failFirst: (cause: unknown) => void): void {
    const wasReady = this.#ready;
    this.#ready = false;
    this.#worker = undefined;
    if (this.#stopping) return;
    if (!wasReady && this.#restarts === 0) failFirst(cause);
    else void this.#restart(performance.now() - startedAt, cause);
  }

  async #restart(livedMs: number, error: unknown): Promise<void> {
    if (livedMs > SOUND_MS) this.#restarts = 0;
    const waitMs = Math.min(RESTART_MAX_MS, RESTART_FIRST_MS * 2 ** this.#restarts);
    this.#restarts += 1;
    this.#parts.log.error('engine.restarted', { restarts: this.#restarts, wait_ms: waitMs, error });
    await pause(waitMs);
    if (!this.#stopping) this.#spawn().catch(() => undefined);
  }

  #settled(logoutIds: readonly string[]): void {
    for (const listener of this.#listeners) listener(logoutIds);
  }
}

/** Calls `bite` when nobody refreshed it for too long. */
function watchdog(bite: () => void): { refresh(): void; stop(): void } {
  const timer = setTimeout(bite, SILENT_MAX_MS);
  return { refresh: () => void timer.refresh(), stop: () => clearTimeout(timer) };
}
