import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { pageOld } from '../../errors.ts';
import type { ParkedRequests } from '../../oidc/parked-requests.ts';
import { isHeldBack, keepLanguage, linkInstead, PARKED } from '../language.ts';
import type { RateLimit } from '../middleware/rate-limit.ts';
import { formOf } from '../middleware/read-body.ts';
import type { Parameters } from '../parameters.ts';
import { seeOther } from '../see-other.ts';

export interface PostToGetParts {
  readonly parked: ParkedRequests;
  /** Reads a form of at most 16 KB. */
  readonly readBody: Middleware;
  readonly rateLimit: RateLimit;
}

/**
 * POST at the authorization and the end-session endpoint (C1, I1). A POST from an app's page carries no `SameSite=Lax`
 * cookie, so it would look as if nobody were signed in. Its parameters are parked and the browser sent to a GET, which
 * does carry the cookie; they come back inside, not in the address: no token in a log or a history, no header limit.
 */
export function mountPostToGet(router: Router, { parked, readBody, rateLimit }: PostToGetParts): void {
  for (const path of ['/auth', '/session/end']) {
    router.post(path, rateLimit.countEach, readBody, async (ctx) => {
      const id = await parked.park(again(formOf(ctx)));
      seeOther(ctx, `${path}?${PARKED}=${id}`);
    });
  }

  // The library reads the query: put the parameters in its place and hand on.
  router.get('/auth', async (ctx, next) => {
    if (ctx.query[PARKED] !== undefined) ctx.querystring = (await unpark(ctx, parked)).toString();
    await next();
  });
}

/** The parameters of a GET: those of the POST before it, where there was one, else its query. */
export async function parametersOf(ctx: Context, parked: ParkedRequests): Promise<URLSearchParams> {
  const parameters = ctx.query[PARKED] === undefined ? new URLSearchParams(ctx.querystring) : await unpark(ctx, parked);
  ctx.state['parameters'] = parameters;
  return parameters;
}

/**
 * For the switch of languages on a page that was made of them: its link must not repeat a hint, and what was parked is used up.
 * So they are parked (again), where they cannot simply stand in the address. Runs after `parametersOf`.
 */
export async function parkAgain(ctx: Context, parked: ParkedRequests): Promise<void> {
  const parameters: URLSearchParams = ctx.state['parameters'];
  if (!isHeldBack(ctx)) return;
  linkInstead(ctx, keepLanguage(ctx, `${ctx.path}?${PARKED}=${await parked.park(parameters)}`));
}

/** One use only: a reloaded page, or an address from somebody's history, is old. */
async function unpark(ctx: Context, parked: ParkedRequests): Promise<URLSearchParams> {
  const id = ctx.query[PARKED];
  const parameters = typeof id === 'string' ? await parked.take(id) : undefined;
  if (parameters === undefined) throw pageOld();
  return parameters;
}

/** As it was sent, as far as it matters: a name that came twice comes twice, for the endpoint to refuse. */
function again({ values, duplicated }: Parameters): URLSearchParams {
  return new URLSearchParams([
    ...values,
    ...duplicated.map((name): [string, string] => [name, values.get(name) ?? '']),
  ]);
}
