import type { DeliveryState } from './delivery.ts';

/** How many are in each state, under the names of JSON. */
export interface StateCounts {
  readonly told: number;
  readonly trying: number;
  readonly refused: number;
  readonly given_up: number;
  readonly moot: number;
  readonly cannot_be_told: number;
  readonly asked_browser: number;
  readonly not_asked_for: number;
}

export function countStates(rows: readonly { readonly state: DeliveryState }[]): StateCounts {
  const counts = {
    told: 0,
    trying: 0,
    refused: 0,
    given_up: 0,
    moot: 0,
    cannot_be_told: 0,
    asked_browser: 0,
    not_asked_for: 0,
  };
  for (const { state } of rows) counts[state.replaceAll('-', '_') as keyof StateCounts] += 1;
  return counts;
}
