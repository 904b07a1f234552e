import type { Context } from 'koa';
import { randomId, sha256 } from '../../ops/ids.ts';

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/** Ours is 43 characters of base64url; anything else was not set by us. */
const SHAPE = /^[\w-]{43}$/;

/**
 * Gives this browser a name of its own for a year. It opens nothing: it only ties the sessions of one browser together,
 * so that two sign-in pages finished at the same instant leave no session that no browser can end.
 */
export function ensureDevice(ctx: Context): string {
  const known = ctx.cookies.get(cookieName(ctx), { signed: false });
  const value = known && SHAPE.test(known) ? known : randomId(32);
  ctx.cookies.set(cookieName(ctx), value, {
    signed: false,
    httpOnly: true,
    sameSite: 'lax',
    secure: ctx.secure,
    path: '/',
    maxAge: YEAR_MS,
    overwrite: true,
  });
  return value;
}

/** What is kept of it: a hash. */
export function deviceKeyOf(ctx: Context): string {
  return sha256(ensureDevice(ctx));
}

/** The prefix keeps sibling hosts from setting it; it asks for https. */
function cookieName(ctx: Context): string {
  return ctx.secure ? '__Host-device' : 'device';
}
