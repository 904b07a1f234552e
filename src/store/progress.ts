/** What the states of a logout's deliveries add up to. The adapters count, each in its own way; what it means stands here. */
import type { DeliveryState } from '../deliveries/delivery.ts';
import type { Progress } from '../logout/logout.ts';

/** What needs somebody comes before what is well (invariant 11). */
export const WORST_FIRST: readonly DeliveryState[] = [
  'trying',
  'refused',
  'given-up',
  'cannot-be-told',
  'asked-browser',
  'not-asked-for',
  'moot',
  'told',
];

export interface StateCount {
  readonly state: DeliveryState;
  readonly count: number;
  /** Of them, without any attempt. */
  readonly untried: number;
}

/** So many untried ones are looked at for origins that nobody will call now; a logout of more is no browser's wait. */
export const LOOK_FOR_SHUT = 1_000;

/** One count a state at most. `shut`: untried ones that nobody will try now (DESIGN §5 "Answering"). */
export function toProgress(counts: readonly StateCount[], shut = 0): Progress {
  const of = (state: DeliveryState) => counts.find((each) => each.state === state);
  const count = (state: DeliveryState) => of(state)?.count ?? 0;
  return {
    total: counts.reduce((sum, each) => sum + each.count, 0),
    told: count('told'),
    trying: count('trying'),
    untried: Math.max(0, (of('trying')?.untried ?? 0) - shut),
    refused: count('refused'),
    givenUp: count('given-up'),
    moot: count('moot'),
    cannotBeTold: count('cannot-be-told'),
    askedBrowser: count('asked-browser'),
    notAskedFor: count('not-asked-for'),
  };
}
