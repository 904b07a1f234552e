import type { NewParticipation, Store } from '../../src/store/store.ts';
import { aTokenOf } from './builders.ts';

/** Somebody who writes again and again; `n` counts what this one has done before. */
export type Writer = (n: number) => Promise<unknown>;

export interface WritingStorm {
  /** How much all of them have done. */
  readonly acts: number;
  /** Resolves when nobody writes any more; rejects with what one of them failed with. */
  stop(): Promise<void>;
}

/** Of each writer, before it counts as a storm. */
const BLOWING = 5;

/** All of them at once, each as fast as the store lets it. Resolves when it blows; rejects when one fails before that. */
export async function startWritingStorm(writers: readonly Writer[]): Promise<WritingStorm> {
  let isOver = false;
  let acts = 0;
  async function write(writer: Writer, blows: () => void): Promise<void> {
    for (let n = 0; !isOver; n += 1) {
      await writer(n);
      acts += 1;
      if (n === BLOWING) blows();
      await new Promise(setImmediate);
    }
  }
  const begun = writers.map(() => Promise.withResolvers<void>());
  const lanes = writers.map((writer, at) => write(writer, () => begun[at]?.resolve()));
  await Promise.race([Promise.all(begun.map(({ promise }) => promise)), ...lanes]);
  return {
    get acts() {
      return acts;
    },
    async stop() {
      isOver = true;
      await Promise.allSettled(lanes);
      await Promise.all(lanes);
    },
  };
}

/** So many apps that save tokens, each in another one of these participations every time. */
export function tokenWriters(store: Store, participations: readonly NewParticipation[], apps: number): Writer[] {
  return Array.from({ length: apps }, (_, at) => async (n: number) => {
    const participation = participations[(n * apps + at) % participations.length];
    if (participation) await store.provider.save(aTokenOf(participation));
  });
}
