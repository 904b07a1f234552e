import type { BenchStore } from './bench-stores.ts';

/** One line of the benchmark: a value, what it is held against, and what we promised. */
export interface Row {
  readonly name: string;
  readonly value: string;
  /** Measured in the same run. */
  readonly baseline: string;
  readonly ratio: string;
  readonly target: string;
  readonly met: boolean;
}

/** How much is measured: a quick look, or enough to quote; and on which stores. */
export interface Effort {
  readonly quick: boolean;
  /** Of a store that is filled: how many sessions, where somebody said so. */
  readonly size: number | undefined;
  readonly stores: readonly BenchStore[];
}

/** Where it is measured: a quick look is at the first of them. */
export function chosenStores({ quick, stores }: Effort): readonly BenchStore[] {
  return quick ? stores.slice(0, 1) : stores;
}

/** The value below which a share `p` (0 to 1) of the sorted samples lies. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

export function times(value: number): string {
  return `${value >= 10 ? value.toFixed(0) : value.toFixed(2)} ×`;
}
