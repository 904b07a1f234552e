import { timingSafeEqual } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { pageOld } from '../../errors.ts';
import type { EndSessions } from '../../logout/end-sessions.ts';
import type { HeldSession } from '../../store/store.ts';
import { formOf } from '../middleware/read-body.ts';
import { seeOther } from '../see-other.ts';

export interface AccountSwitchParts {
  readonly issuer: string;
  readonly endSessions: EndSessions;
  readonly sessionOf: (ctx: Context) => Promise<HeldSession | undefined>;
  readonly clearSessionCookie: (ctx: Context) => void;
}

/**
 * The library posts a form of its own to `/session/end/confirm` (`xsrf`, `logout=yes`) when an interaction signs in
 * somebody else than the browser's session holds (`actions/authorization/resume.js`). Our sign-in ends the old session
 * before that can happen; should it happen all the same, the old session ends by the same path as any other, its apps
 * are told, and the sign-in goes on.
 */
export function answerAccountSwitch(parts: AccountSwitchParts): Middleware {
  return async (ctx, next) => {
    const { values } = formOf(ctx);
    const xsrf = values.get('xsrf');
    if (xsrf === undefined || values.has('csrf')) return next();
    const browser = await parts.sessionOf(ctx);
    const onward = browser && resumeAddress(browser, xsrf, parts.issuer);
    if (browser === undefined || onward === undefined) throw pageOld();
    const { uid, accountId } = browser.session;
    const actor = { kind: 'user', id: accountId } as const;
    await parts.endSessions({ kind: 'session', uid }, { reason: 'other-account', actor, scope: 'all-here' });
    parts.clearSessionCookie(ctx);
    seeOther(ctx, onward);
  };
}

/** What the library left in the session for its own form; only ever an address of ours. */
function resumeAddress({ payload }: HeldSession, xsrf: string, issuer: string): string | undefined {
  const state = payload['state'] as { secret?: unknown; postLogoutRedirectUri?: unknown } | undefined;
  if (typeof state?.secret !== 'string' || typeof state.postLogoutRedirectUri !== 'string') return undefined;
  const given = Buffer.from(xsrf);
  const right = Buffer.from(state.secret);
  const own = state.postLogoutRedirectUri.startsWith(`${issuer}/auth/`);
  return own && given.length === right.length && timingSafeEqual(given, right)
    ? state.postLogoutRedirectUri
    : undefined;
}
