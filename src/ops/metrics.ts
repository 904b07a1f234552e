/**
 * What is measured, and its names (docs/operating.md "Metrics"). No label holds a person: label values are words of the
 * product, store operations and client ids. A process with threads measures in each; their measurements add up.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What one thread has measured so far, in a shape that goes over a line. */
export type Measurements = readonly object[];

/** The state of the store, looked up when somebody asks. */
export interface Standing {
  readonly deliveries: Readonly<Record<string, number>>;
  /** Of what has been `trying` for longest; 0 where nothing is. */
  readonly oldestSeconds: number;
  readonly sessions: Readonly<Record<string, number>>;
  readonly mails: Readonly<Record<string, number>>;
  /** 1 while the app is left alone between probes, by client id. */
  readonly breakers: ReadonlyMap<string, 0 | 1>;
}

export interface Metrics {
  /** An attempt to tell an app ended so. */
  attempted(verdict: string): void;
  /** The last app of a logout confirmed, so long after the commit. */
  confirmed(reason: string, seconds: number): void;
  /** A browser or app that ended something was answered. */
  answered(seconds: number): void;
  signedIn(result: string): void;
  storeCalled(operation: string, seconds: number): void;
  stands(standing: Standing): void;
  /** Of this thread. */
  measurements(): Promise<Measurements>;
  /** Prometheus' text format: of this thread and the others together. */
  text(others: readonly Measurements[]): Promise<string>;
  stop(): void;
}

export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

/** From a confirmation over loopback to an app that is back after a day. */
const CONFIRMATION_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300, 3_600, 86_400];
const ANSWER_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10];
const STORE_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];
const LAG_RESOLUTION_MS = 20;

/** `thread`: `main`, or `delivery`. */
export function createMetrics(thread: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const confirmation = new Histogram({
    name: 'signoff_logout_confirmation_seconds',
    help: 'From the commit of a logout to the confirmation of its last app.',
    labelNames: ['reason'],
    buckets: CONFIRMATION_SECONDS,
    registers,
  });
  const answer = new Histogram({
    name: 'signoff_logout_answer_seconds',
    help: 'From a request that ended something to its answer.',
    buckets: ANSWER_SECONDS,
    registers,
  });
  const attempts = new Counter({
    name: 'signoff_delivery_attempts_total',
    help: 'Attempts to tell an app, by what came of them.',
    labelNames: ['verdict'],
    registers,
  });
  const signIns = new Counter({
    name: 'signoff_signins_total',
    help: 'Tries to sign in with a password.',
    labelNames: ['result'],
    registers,
  });
  const store = new Histogram({
    name: 'signoff_store_seconds',
    help: 'How long the store took, by operation.',
    labelNames: ['operation'],
    buckets: STORE_SECONDS,
    registers,
  });
  for (const verdict of ['delivered', 'retry', 'refused']) attempts.inc({ verdict }, 0);
  for (const result of ['ok', 'refused', 'limited']) signIns.inc({ result }, 0);
  const stop = measureLag(thread, registers);
  const stands = standingGauges(registers);
  const measurements = (): Promise<Measurements> => registry.getMetricsAsJSON();
  return {
    attempted: (verdict) => attempts.inc({ verdict }),
    confirmed: (reason, seconds) => confirmation.observe({ reason }, seconds),
    answered: (seconds) => answer.observe(seconds),
    signedIn: (result) => signIns.inc({ result }),
    storeCalled: (operation, seconds) => store.observe({ operation }, seconds),
    stands,
    measurements,
    text: async (others) => AggregatorRegistry.aggregate([await measurements(), ...others]).metrics(),
    stop,
  };
}

/** How late timers run: a process that is too busy, or blocked. The 99th percentile since the look before. */
function measureLag(thread: string, registers: Registry[]): () => void {
  const delay = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  delay.enable();
  new Gauge({
    name: 'signoff_event_loop_lag_seconds',
    help: 'How late timers run, 99th percentile since the look before.',
    labelNames: ['thread'],
    aggregator: 'max',
    registers,
    collect() {
      // A delay is counted whole; what was asked for is no lag.
      const lateMs = delay.percentile(99) / 1e6 - LAG_RESOLUTION_MS;
      this.set({ thread }, Math.max(0, Number.isFinite(lateMs) ? lateMs / 1_000 : 0));
      delay.reset();
    },
  });
  return () => void delay.disable();
}

function standingGauges(registers: Registry[]): Metrics['stands'] {
  const deliveries = new Gauge({
    name: 'signoff_deliveries',
    help: 'Deliveries that are kept, by state, counted up to 100000.',
    labelNames: ['state'],
    registers,
  });
  const oldest = new Gauge({
    name: 'signoff_delivery_oldest_seconds',
    help: 'Age of the delivery that has been trying for longest.',
    registers,
  });
  const sessions = new Gauge({
    name: 'signoff_sessions',
    help: 'Sessions that are kept, by state, counted up to 100000.',
    labelNames: ['state'],
    registers,
  });
  const mails = new Gauge({
    name: 'signoff_mails',
    help: 'Mails that are kept, by state, counted up to 100000.',
    labelNames: ['state'],
    registers,
  });
  const breakers = new Gauge({
    name: 'signoff_app_breaker_open',
    help: '1 while an app fails and is left alone between probes.',
    labelNames: ['client_id'],
    registers,
  });
  return (standing) => {
    for (const [state, count] of Object.entries(standing.deliveries)) deliveries.set({ state }, count);
    for (const [state, count] of Object.entries(standing.sessions)) sessions.set({ state }, count);
    for (const [state, count] of Object.entries(standing.mails)) mails.set({ state }, count);
    oldest.set(standing.oldestSeconds);
    breakers.reset();
    for (const [client_id, open] of standing.breakers) breakers.set({ client_id }, open);
  };
}
