import type { Context } from 'koa';
import { sha256 } from '../../ops/ids.ts';

const NAME = 'receipt';
const LIFE_MS = 15 * 60 * 1000;

/**
 * Marks this browser as the one that signed off: names of apps are shown to it. Signed and made for this one link, so that
 * whoever was handed the link cannot make the cookie; only sent to the receipt's own path.
 */
export function markBrowser(ctx: Context, linkId: string, now: number): void {
  const expiresAt = now + LIFE_MS;
  ctx.cookies.set(NAME, `${sha256(linkId)}.${expiresAt}`, {
    signed: true,
    httpOnly: true,
    sameSite: 'lax',
    path: `/logout/${linkId}`,
    maxAge: LIFE_MS,
    overwrite: true,
  });
}

/** Whether this browser signed off here, less than 15 minutes ago. */
export function isMarked(ctx: Context, linkId: string, now: number): boolean {
  const [hash, expiresAt] = (ctx.cookies.get(NAME, { signed: true }) ?? '').split('.');
  return hash === sha256(linkId) && Number(expiresAt) > now;
}
