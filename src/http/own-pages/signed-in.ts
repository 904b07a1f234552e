import type { Context, Middleware } from 'koa';
import type { Account } from '../../accounts/account.ts';
import { AppError } from '../../errors.ts';
import type { OwnSignIn } from '../../oidc/own-sign-in.ts';
import type { AccountStore, HeldSession } from '../../store/store.ts';
import type { RateLimit } from '../middleware/rate-limit.ts';
import { seeOther } from '../see-other.ts';

/** Who is signed in in this browser. */
export interface Person {
  readonly browser: HeldSession;
  readonly account: Account;
}

export interface SignedInParts {
  readonly store: { readonly accounts: Pick<AccountStore, 'find'> };
  readonly sessionOf: (ctx: Context) => Promise<HeldSession | undefined>;
  readonly ownSignIn: Pick<OwnSignIn, 'begin'>;
  readonly rateLimit: Pick<RateLimit, 'countEach'>;
}

/**
 * Stands before a person's own pages. Strangers go to sign in and come back to the page they asked for, with its query; a form
 * of theirs is not sent again, so it leads to `page`. Programs that want JSON are told 401.
 */
export type SignedInOnly = (page: string) => Middleware;

export function createSignedInOnly(parts: SignedInParts): SignedInOnly {
  async function find(ctx: Context): Promise<Person | undefined> {
    const browser = await parts.sessionOf(ctx);
    const account = browser && (await parts.store.accounts.find(browser.session.accountId));
    return browser && account?.state === 'active' ? { browser, account } : undefined;
  }

  return (page) => async (ctx, next) => {
    const person = await find(ctx);
    if (person !== undefined) {
      ctx.state['person'] = person;
      return next();
    }
    if (ctx.accepts('html', 'json') === 'json') throw signInFirst();
    const { login_hint: hint } = ctx.query;
    const loginHint = typeof hint === 'string' ? hint : undefined;
    const to = ctx.method === 'GET' ? pageAsked(ctx) : page;
    await parts.rateLimit.countEach(ctx, async () => {
      seeOther(ctx, await parts.ownSignIn.begin(ctx, { to, loginHint }));
    });
  };
}

/** Whom the guard let in; throws where a route forgot it. */
export function personOf(ctx: Pick<Context, 'state'>): Person {
  const person: Person | undefined = ctx.state['person'];
  if (person === undefined) throw new Error('this route needs the guard of own pages before it');
  return person;
}

/** Its path has a route of ours, so it leads nowhere else. The hint has done its work. */
function pageAsked(ctx: Context): string {
  const query = new URLSearchParams(ctx.querystring);
  query.delete('login_hint');
  return query.size === 0 ? ctx.path : `${ctx.path}?${query}`;
}

function signInFirst(): AppError {
  return new AppError({ code: 'sign_in_first', status: 401, words: 'error.sign_in_first' });
}
