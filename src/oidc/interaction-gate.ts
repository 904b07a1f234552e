import { pageOld } from '../errors.ts';
import type { CookieJar } from './device-cookie.ts';
import { hasLostSession, type InteractionLookup, startOver } from './interaction-lookup.ts';
import type { Middleware } from './library-shapes.ts';
import { factsOf } from './request-facts.ts';

/** The cookies in which the library itself keeps an interaction. */
export const STOCK_COOKIES = { interaction: 'stock_interaction', resume: 'stock_resume' } as const;

const STOCK: ReadonlySet<string> = new Set(Object.values(STOCK_COOKIES));

const RESUME = /^\/auth\/([\w-]+)$/;

/** Where the library goes on with an interaction that was answered, as a path of ours; undefined for another address. */
export function resumePathOf(address: string): string | undefined {
  const path = URL.parse(address)?.pathname;
  return path !== undefined && RESUME.test(path) ? path : undefined;
}

/**
 * Stands before the library: its two cookies for each interaction never reach the browser, and `/auth/<uid>` leads on only
 * in the browser that began it. Throws `page_old`.
 */
export function createInteractionGate(find: InteractionLookup): Middleware {
  return async (ctx, next) => {
    const uid = RESUME.exec(ctx.path)?.[1];
    if (uid !== undefined) {
      const found = await find(ctx, uid);
      if (found.kind === 'gone') throw pageOld();
      if (hasLostSession(found)) await startOver(found.interaction);
      factsOf(ctx).interaction = found.interaction;
    }
    ctx.cookies = withoutStock(ctx.cookies, uid);
    await next();
  };
}

/** All but the library's own two, which it reads as if the browser had sent what is already known. */
function withoutStock<Jar extends CookieJar>(jar: Jar, uid: string | undefined): Jar {
  const get: CookieJar['get'] = (name, options) => (STOCK.has(name) ? uid : jar.get(name, options));
  const set: CookieJar['set'] = (name, value, options) => (STOCK.has(name) ? jar : jar.set(name, value, options));
  return Object.assign(Object.create(jar) as Jar, { get, set });
}
