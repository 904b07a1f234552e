/**
 * The crowd that a store is filled with: a month of a provider of `sessions` sessions, of which every fifth lives. Everybody is
 * in one popular app and in two of 300 others. Both stores get the same rows, put in by the schema's own words: through the
 * port it would take days.
 */
import { DAY, HOUR, T0 } from '../test/support/builders.ts';

export interface Crowd {
  /** The month ends here. */
  readonly now: number;
  /** The oldest are past the retention time: the cleaner has work. */
  readonly beginning: number;
  /** When the deliveries that are still tried fall due. */
  readonly muchLater: number;
  readonly sessions: number;
  /** The first of them are ended. */
  readonly ended: number;
  readonly participations: number;
  readonly grants: number;
  readonly deliveries: number;
  readonly accounts: number;
}

export function crowdOf(sessions: number, now = T0): Crowd {
  return {
    now,
    beginning: now - MONTH_MS,
    muchLater: now + 30 * DAY,
    sessions,
    ended: Math.floor(sessions * 0.8),
    participations: 3 * sessions,
    grants: sessions,
    deliveries: 10 * sessions,
    accounts: Math.ceil(sessions / 10),
  };
}

export const POPULAR = 'app-0';
export const APPS = 300;
export const MONTH_MS = 33 * DAY;
export const SESSION_MS = HOUR;
/** Every so many deliveries one is given up, and one still tried. */
export const GIVEN_UP_EVERY = 100;
export const TRYING_EVERY = 1_000;
/** Spreads ids as chance does, and is the same each time: n times this, modulo 2³². */
export const SPREAD = 2_654_435_761;
