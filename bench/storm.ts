/** People who sign in and off without a pause, whatever happens to the product; and what became of it at the apps. */
import { setTimeout } from 'node:timers/promises';
import type { Store } from '../src/store/store.ts';
import { aCause, planAll, signIn, unique } from '../test/support/builders.ts';
import { type CountingApp, startCountingApp } from './counting-app.ts';

const APPS = 6;
/** The slowest answer; something is under way at any moment. */
const SLOWEST_MS = 150;
/** So many untold at most: the storm waits for the engine, not the other way round. */
const UNTOLD_MAX = 600;

export interface Storm {
  readonly apps: readonly CountingApp[];
  /** Stops signing off. Answers when the last one is committed. */
  calm(): Promise<void>;
  /** Of all whose end was committed. */
  readonly owed: ReadonlySet<string>;
  arrivalsOf(sid: string): readonly number[];
  /** When anybody was told, from then on; first one first. */
  arrivalsSince(since: number): readonly number[];
  /** What apps were told of although the store does not know it (yet): calls under way, or answers not written down. */
  inFlight(): Promise<readonly UnderWay[]>;
  /** `sid`s that never arrived. */
  lost(): readonly string[];
  /** `sid`s that arrived more than once. */
  twice(): readonly string[];
  stop(): void;
}

export interface UnderWay {
  readonly sid: string;
  /** So often it has arrived. */
  readonly arrivals: number;
}

export async function startStorm(store: Store): Promise<Storm> {
  const apps = await Promise.all(
    Array.from({ length: APPS }, (_, index) => startCountingApp(`app${index + 1}`, SLOWEST_MS)),
  );
  const origins = new Map(apps.map(({ clientId, origin }) => [clientId, origin]));
  const owed = new Set<string>();
  let isCalm = false;
  const arrivalsOf = (sid: string) => apps.flatMap((app) => app.arrivals.get(sid) ?? []);
  const lost = () => [...owed].filter((sid) => arrivalsOf(sid).length === 0);

  async function signOffOnce(): Promise<void> {
    const plan = planAll(({ clientId }) => ({ origin: origins.get(clientId) ?? '' }));
    const { uid, participations } = await signIn(store, { clients: [...origins.keys()], at: Date.now() });
    await store.sessions.end(unique('logout'), { kind: 'session', uid }, aCause(), Date.now(), plan);
    for (const { sid } of participations) owed.add(sid);
  }

  async function rage(): Promise<void> {
    while (!isCalm) {
      // Somebody whose store is away was not answered: nobody promised them anything.
      await signOffOnce().catch(() => undefined);
      while (!isCalm && lost().length > UNTOLD_MAX) await setTimeout(50);
    }
  }
  const raging = rage();

  return {
    apps,
    owed,
    arrivalsOf,
    arrivalsSince: (since) =>
      apps
        .flatMap((app) => [...app.arrivals.values()].flat())
        .filter((at) => at >= since)
        .toSorted((a, b) => a - b),
    lost,
    calm() {
      isCalm = true;
      return raging;
    },
    async inFlight() {
      const trying = await store.deliveries.list({ state: 'trying' }, { limit: 10_000 });
      return trying
        .map(({ sid }) => ({ sid, arrivals: arrivalsOf(sid).length }))
        .filter(({ arrivals }) => arrivals > 0);
    },
    twice: () => [...owed].filter((sid) => arrivalsOf(sid).length > 1),
    stop() {
      for (const app of apps) app.stop();
    },
  };
}
