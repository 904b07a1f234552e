import type { Context, Middleware } from 'koa';
import { AppError } from '../../errors.ts';
import { addressKey, type StrangerLimits, sessionKey } from '../../oidc/stranger-limits.ts';
import type { HeldSession } from '../../store/store.ts';
import { clientAddressOf } from './client-address.ts';

export interface RateLimitOptions {
  readonly limits: StrangerLimits;
  readonly sessionOf: (ctx: Context) => Promise<HeldSession | undefined>;
}

/** Both answer 429 with Retry-After to whoever is over; they differ in what they count. */
export interface RateLimit {
  /** For what writes a row for anybody who asks. */
  readonly countEach: Middleware;
  /** For what costs only strangers who fail: a whole office signs in from one address. */
  readonly countRefused: Middleware;
}

/** Our own pages count with the library's (`oidc/stranger-limits.ts`): an address has one budget, wherever it spends it. */
export function createRateLimit({ limits, sessionOf }: RateLimitOptions): RateLimit {
  const { strangers } = limits;

  /** By whom this request is counted: the address, or where that has used up its share, the session that is signed in there. */
  async function admit(ctx: Context): Promise<string> {
    const address = clientAddressOf(ctx);
    const waitMs = strangers.waitMs(addressKey(address));
    if (waitMs === 0) return addressKey(address);
    const uid = (await sessionOf(ctx))?.session.uid;
    if (uid !== undefined && strangers.waitMs(sessionKey(uid)) === 0) return sessionKey(uid);
    throw limits.refuse({ limit: 'request', address }, waitMs);
  }

  return {
    async countEach(ctx, next) {
      strangers.take(await admit(ctx));
      await next();
    },
    async countRefused(ctx, next) {
      const key = await admit(ctx);
      const count = (status: number) => isRefusal(status) && strangers.take(key);
      try {
        await next();
      } catch (error) {
        count(error instanceof AppError ? error.status : 500);
        throw error;
      }
      count(ctx.status);
    },
  };
}

/** What is our own fault is nobody's cost. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500;
}
