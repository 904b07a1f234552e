/** An engine that runs elsewhere, in a thread or a process of its own: started, watched, started again when it crashes. */
import { setTimeout as pause } from 'node:timers/promises';
import { randomId } from '../ops/ids.ts';
import type { Log } from '../ops/log.ts';
import type { Measurements } from '../ops/metrics.ts';
import type { AtHand } from './at-hand.ts';
import type { Order, Report } from './engine-orders.ts';
import type { EngineLife, EngineRunner, IdleEngine, SettledListener } from './engine-runner.ts';
import { createWatchdog, type Watchdog } from './watchdog.ts';

/** One life of an engine elsewhere. */
export interface KeptEngine {
  readonly pid: number | undefined;
  order(order: Order): void;
  onReport(listener: (report: Report) => void): void;
  /** Once, when it is gone. */
  onEnd(listener: (cause: unknown) => void): void;
  /** Without asking. */
  kill(): void;
}

/** A loop that hangs for half a minute will not come back. */
const SILENCE = { lookEveryMs: 1_000, misses: 30 };
/** It speaks each second. One that has not for so many looks is handed nothing: another process may tell those apps. */
const QUIET_LOOKS = 3;
const RESTART_FIRST_MS = 100;
const RESTART_MAX_MS = 10_000;
/** An engine that lived so long was not born broken: the next wait begins small again. */
const SOUND_MS = 60_000;
/** The engine drains for up to 10 s, twice. */
const STOP_MAX_MS = 25_000;

export interface EngineKeeperParts {
  readonly begin: (life: EngineLife) => KeptEngine;
  /** Of its engine's leases. */
  readonly leaseMs: number;
  readonly log: Log;
  /** Each second, what a life has measured so far. */
  readonly onMeasured?: ((life: EngineLife, measurements: Measurements) => void) | undefined;
}

/** `start` rejects when the engine does not become ready the first time; afterwards it is restarted for ever. */
export function createEngineKeeper(parts: EngineKeeperParts): EngineRunner {
  return new EngineKeeper(parts);
}

class EngineKeeper implements EngineRunner {
  readonly #parts: EngineKeeperParts;
  readonly #listeners = new Set<SettledListener>();
  #engine: KeptEngine | undefined;
  /** As it says itself. */
  #idle: IdleEngine | undefined;
  #watch: Watchdog | undefined;
  #ready = false;
  /** As it says itself. */
  #healthy = true;
  #stopping = false;
  #running: Promise<void> | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #restarts = 0;
  /** Ids of lives whose leases no later one has freed yet. */
  #predecessors: readonly string[] = [];

  constructor(parts: EngineKeeperParts) {
    this.#parts = parts;
  }

  start(): Promise<void> {
    this.#running ??= this.#begin();
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#engine?.order('stop');
    const ended = await Promise.race([this.#ended, pause(STOP_MAX_MS, 'late', { ref: false })]);
    if (ended === 'late') this.#engine?.kill();
    await this.#ended;
  }

  wake(): void {
    this.#engine?.order('wake');
  }

  idle(): IdleEngine | undefined {
    const isQuiet = (this.#watch?.missed ?? 0) >= QUIET_LOOKS;
    return this.#ready && !isQuiet ? this.#idle : undefined;
  }

  reload(): void {
    this.#engine?.order('reload');
  }

  onSettled(listener: SettledListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  healthy(): boolean {
    return this.#ready && this.#healthy;
  }

  /** Resolves at the first `ready`; rejects when the engine ends before. */
  #begin(): Promise<void> {
    const life = { processId: randomId(), predecessors: this.#predecessors };
    const engine = this.#parts.begin(life);
    const startedAt = performance.now();
    this.#predecessors = [...this.#predecessors, life.processId];
    this.#engine = engine;
    return new Promise((done, fail) => {
      const watch = createWatchdog({ ...SILENCE, bite: () => engine.kill() });
      this.#watch = watch;
      engine.onReport((report) => {
        watch.heard();
        if (report.kind === 'settled') this.#settled(report.logoutIds);
        else if (report.kind === 'alive') {
          this.#healthy = report.healthy;
          if (report.measurements) this.#parts.onMeasured?.(life, report.measurements);
        } else if (report.kind === 'at-hand') this.#idle = this.#handOver(engine, life, report.atHand);
        else if (report.kind === 'ready') {
          this.#ready = true;
          this.#predecessors = [life.processId];
          this.#healthy = true;
          this.#parts.log.info('engine.ready', { pid: engine.pid });
          done();
        }
      });
      this.#ended = new Promise<void>((ended) => {
        engine.onEnd((cause) => {
          watch.stop();
          this.#mourn(startedAt, cause, fail);
          ended();
        });
      });
    });
  }

  /** To this very life: what it is handed after its end is freed by the next one. */
  #handOver(engine: KeptEngine, { processId }: EngineLife, atHand: AtHand): IdleEngine | undefined {
    if (atHand === 'much') return undefined;
    return {
      processId,
      atHand,
      leaseMs: this.#parts.leaseMs,
      prepare: (deliveries) => engine.order({ kind: 'prepare', deliveries }),
      take: (lease) => engine.order({ kind: 'take', lease }),
      recover: (token) => engine.order({ kind: 'recover', token }),
    };
  }

  #mourn(startedAt: number, cause: unknown, failFirst: (cause: unknown) => void): void {
    const wasReady = this.#ready;
    this.#ready = false;
    this.#idle = undefined;
    this.#engine = undefined;
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
    if (!this.#stopping) this.#begin().catch(() => undefined);
  }

  #settled(logoutIds: readonly string[]): void {
    for (const listener of this.#listeners) listener(logoutIds);
  }
}
