/** Where the product takes the time from; tests hand in one that they move. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/** An instant for people and programs outside: ISO 8601, or undefined. */
export function iso(instant: number): string;
export function iso(instant: number | undefined): string | undefined;
export function iso(instant: number | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString();
}
