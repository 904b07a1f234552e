import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { ForgottenPasswords } from '../../accounts/forgotten-passwords.ts';
import { AppError } from '../../errors.ts';
import { describeDevice } from '../../sessions/device.ts';
import type { RateLimit } from '../middleware/rate-limit.ts';
import { formOf } from '../middleware/read-body.ts';
import type { Renderer } from '../render.ts';
import { seeOther } from '../see-other.ts';

export interface ForgotParts {
  readonly forgotten: Pick<ForgottenPasswords, 'ask'>;
  /** Mails with a link to a new password can be sent. */
  readonly offersReset: boolean;
  readonly render: Renderer['render'];
  readonly rateLimit: RateLimit;
  /** Reads a form and checks its csrf field. */
  readonly takeForm: Middleware;
}

const FORGOT = '/forgot';

/** `/forgot`: asks for a mail with a link. What it answers, and when, is the same whether there is such an account or not. */
export function mountForgot(router: Router, parts: ForgotParts): void {
  if (!parts.offersReset) return;
  const { render, forgotten } = parts;
  const page = (ctx: Context, isEmpty: boolean) => {
    const { username } = ctx.query;
    const given = typeof username === 'string' ? { username } : {};
    const model = { form: { action: FORGOT }, sent: ctx.query['sent'] === '1', isEmpty, ...given };
    render(ctx, 'forgot', model, { status: isEmpty ? 400 : 200 });
  };

  router.get(FORGOT, (ctx) => page(ctx, false));

  router.post(FORGOT, parts.rateLimit.countEach, parts.takeForm, (ctx) => {
    const name = formOf(ctx).values.get('username')?.trim() ?? '';
    if (name === '') return page(ctx, true);
    if (!forgotten.ask(name, { device: describeDevice(ctx.get('User-Agent')) })) throw busy();
    seeOther(ctx, `${FORGOT}?sent=1`);
  });
}

function busy(): AppError {
  return new AppError({
    code: 'busy',
    status: 503,
    words: 'error.busy_sign_ins',
    retryAfterS: 2,
  });
}
