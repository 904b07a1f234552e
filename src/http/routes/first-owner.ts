import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Account } from '../../accounts/account.ts';
import type { SignInResult, SignInTry } from '../../accounts/verify-sign-in.ts';
import type { Admin } from '../../admin/admin.ts';
import { becomeOwner, isFirstLink, linkGone, newOwnerAccount } from '../../admin/first-owner.ts';
import { AppError } from '../../errors.ts';
import { clientAddressOf } from '../middleware/client-address.ts';
import type { RateLimit } from '../middleware/rate-limit.ts';
import { formOf } from '../middleware/read-body.ts';
import type { FirstOwnerPage, FirstOwnerProblem } from '../page-models.ts';
import type { Renderer } from '../render.ts';

export interface FirstOwnerParts {
  readonly admin: Admin;
  readonly render: Renderer['render'];
  readonly rateLimit: RateLimit;
  readonly verifySignIn: (given: SignInTry) => Promise<SignInResult>;
  /** Reads a form and checks its csrf field. */
  readonly takeForm: Middleware;
}

const NEXT = ['signoff operators add NAME --role support', 'signoff clients add'];

/** `/admin/first/<token>`: an account that is there proves itself by its password; any other name is made anew. */
export function mountFirstOwner(router: Router, parts: FirstOwnerParts): void {
  const { admin, render, rateLimit, takeForm } = parts;
  const path = '/admin/first/:token';

  router.get(path, rateLimit.countRefused, async (ctx) => {
    if (!(await isFirstLink(admin, tokenOf(ctx)))) throw linkGone();
    show(ctx, {});
  });

  router.post(path, rateLimit.countRefused, takeForm, async (ctx) => {
    if (!(await isFirstLink(admin, tokenOf(ctx)))) throw linkGone();
    const { values } = formOf(ctx);
    const given = { username: values.get('username')?.trim() ?? '', password: values.get('password') ?? '' };
    const account = await accountOf(ctx, given, parts);
    if ('problem' in account) return show(ctx, { username: given.username, problem: account.problem }, account.status);
    await becomeOwner(admin, tokenOf(ctx), account, clientAddressOf(ctx));
    render(ctx, 'first-owner', { form: { action: ctx.path }, done: { username: account.username, commands: NEXT } });
  });

  function show(ctx: Context, model: Omit<FirstOwnerPage, 'form'>, status = 200): void {
    render(ctx, 'first-owner', { form: { action: ctx.path }, ...model }, { status });
  }
}

function tokenOf(ctx: Context): string {
  return String(ctx['params'].token);
}

interface Refusal {
  readonly status: number;
  readonly problem: FirstOwnerProblem;
}

async function accountOf(
  ctx: Context,
  given: { readonly username: string; readonly password: string },
  { admin, verifySignIn }: FirstOwnerParts,
): Promise<Account | Refusal> {
  if (!(await admin.store.accounts.findForSignIn(given.username))) return newAccount(given, admin);
  const result = await verifySignIn({ ...given, address: clientAddressOf(ctx) });
  if (result.kind === 'ok') return result.account;
  // A password that must be changed is as good as none here: it may be known to others.
  if (result.kind === 'refused' || result.kind === 'must-change') return { status: 401, problem: { kind: 'wrong' } };
  return { status: 429, problem: { kind: 'wait', ms: result.retryAfterMs } };
}

/** What is wrong with a name or a password is said by who judges it, for commands too. */
async function newAccount(given: Parameters<typeof newOwnerAccount>[1], admin: Admin): Promise<Account | Refusal> {
  try {
    return await newOwnerAccount(admin, given);
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500) throw error;
    return { status: error.status, problem: { kind: 'invalid', words: error.publicMessage } };
  }
}
