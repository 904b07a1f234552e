/**
 * A clock that tests move. It stands in for `Date` as the product, its library and jose see it, so that hours pass
 * between two lines; timers go on in real time. Call `backToNow` when the test is over.
 */
const RealDate = Date;
let aheadMs = 0;

class MovedDate extends RealDate {
  constructor(...given: [] | [number | string | Date]) {
    super(...((given.length === 0 ? [RealDate.now() + aheadMs] : given) as [number]));
  }

  static override now(): number {
    return RealDate.now() + aheadMs;
  }
}

/** From here on it is so much later, on top of what has passed already. */
export function letPass(ms: number): void {
  aheadMs += ms;
  globalThis.Date = MovedDate as DateConstructor;
}

export function backToNow(): void {
  aheadMs = 0;
  globalThis.Date = RealDate;
}

export const SECOND = 1_000;
export const HOUR = 3_600 * SECOND;
export const DAY = 24 * HOUR;
