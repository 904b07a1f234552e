/** What is measured, and who may ask: the part of the composition root that is only there with `SIGNOFF_METRICS_PORT`. */
import type { EngineLife, EngineRunner } from './deliveries/engine-runner.ts';
import { measureConfirmations } from './logout/confirmations.ts';
import { METRICS_CONTENT_TYPE, type Measurements, type Metrics, type Standing } from './ops/metrics.ts';
import { type MetricsServer, startMetricsServer } from './ops/metrics-server.ts';
import type { Service } from './ops/service.ts';
import type { Foundation } from './wire.ts';

const COUNT_MAX = 100_000;
/** One series for each app; beyond that only those that fail. */
const APPS_MAX = 1_000;
/** Prometheus asks each 15 s or so; whoever asks more often is not to count the store each time. */
const LOOK_EVERY_MS = 5_000;
const DELIVERY_STATES = ['trying', 'told', 'refused', 'given-up', 'moot', 'cannot-be-told'] as const;
const SESSION_STATES = ['live', 'ended'] as const;
const MAIL_STATES = ['waiting', 'sent', 'given-up'] as const;

/** What engines in other threads and processes have measured; those of lives that are over count on. */
export interface MeasuredElsewhere {
  heard(life: EngineLife, measurements: Measurements): void;
  all(): readonly Measurements[];
}

/** An engine that crashes again and again must not fill the memory; what falls out is a counter that began anew. */
const LIVES_MAX = 50;

export function createMeasuredElsewhere(): MeasuredElsewhere {
  const lives = new Map<string, Measurements>();
  return {
    heard({ processId }, measurements) {
      lives.set(processId, measurements);
      const [oldest] = lives.keys();
      if (lives.size > LIVES_MAX && oldest !== undefined) lives.delete(oldest);
    },
    all: () => [...lives.values()],
  };
}

export interface MetricsParts {
  readonly metrics: Metrics;
  readonly elsewhere: MeasuredElsewhere;
  readonly engine: EngineRunner | undefined;
}

/** Measures what only the store knows, and answers on a port of its own. */
export function createMetricsService(foundation: Foundation, { metrics, elsewhere, engine }: MetricsParts): Service {
  const { config, store, clock, log } = foundation;
  const look = createLook(foundation);
  let server: MetricsServer | undefined;
  const confirmations = measureConfirmations({
    store,
    clock,
    onSettled: (listener) => engine?.onSettled(listener) ?? (() => undefined),
    confirmed: (reason, seconds) => metrics.confirmed(reason, seconds),
  });
  return {
    async start() {
      server ??= await startMetricsServer({
        host: config.metricsHost,
        port: config.metricsPort ?? 0,
        contentType: METRICS_CONTENT_TYPE,
        onError: (error) => log.warn('metrics.not_answered', { error }),
        async text() {
          metrics.stands(await look());
          return metrics.text(elsewhere.all());
        },
      });
    },
    async stop() {
      await server?.close();
      await confirmations.stop();
      metrics.stop();
    },
  };
}

function createLook(foundation: Foundation): () => Promise<Standing> {
  let last: { readonly at: number; readonly standing: Promise<Standing> } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.at > LOOK_EVERY_MS) last = { at: now, standing: lookAt(foundation) };
    const { standing } = last;
    standing.catch(() => {
      last = undefined;
    });
    return standing;
  };
}

async function lookAt({ store: { figures }, clock, registry }: Foundation): Promise<Standing> {
  const deliveries = await countEach(DELIVERY_STATES, figures.deliveries);
  const sessions = await countEach(SESSION_STATES, figures.sessions);
  const mails = await countEach(MAIL_STATES, figures.mails);
  const oldestAt = await figures.oldestTryingAt();
  const shut = new Set(await figures.shutOrigins(APPS_MAX));
  return {
    deliveries,
    sessions,
    mails,
    oldestSeconds: oldestAt === undefined ? 0 : Math.max(0, clock.now() - oldestAt) / 1_000,
    breakers: breakersOf(registry, shut),
  };
}

/** One after the other: a look is to hold nobody up. */
async function countEach<State extends string>(
  states: readonly State[],
  count: (state: State, most: number) => Promise<number>,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const state of states) counts[state] = await count(state, COUNT_MAX);
  return counts;
}

function breakersOf(registry: Foundation['registry'], shut: ReadonlySet<string>): Standing['breakers'] {
  const apps = registry.all().flatMap(({ client }) => {
    const uri = client.backchannel_logout_uri;
    return uri === undefined ? [] : [[client.client_id, shut.has(new URL(uri).origin) ? 1 : 0] as const];
  });
  const failingFirst = apps.length > APPS_MAX ? apps.toSorted((a, b) => b[1] - a[1]) : apps;
  return new Map(failingFirst.slice(0, APPS_MAX));
}
