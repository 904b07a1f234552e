import { pageOld } from '../errors.ts';
import type { CookieJar } from './device-cookie.ts';
import { hasLostSession, type Interaction, type InteractionLookup, startOver } from './interaction-lookup.ts';
import type { Middleware } from './library-shapes.ts';
import { factsOf } from './request-facts.ts';

/** The cookies in which the library itself keeps an interaction. */
export const STOCK_COOKIES = { interaction: 'stock_interaction', resume: 'stock_resume' } as const;

const STOCK: ReadonlySet<string> = new Set(Object.values(STOCK_COOKIES));

const RESUME = /^\/auth\/([\w-]+)$/;

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
      letIn(ctx, found.interaction);
    } else ctx.cookies = withoutStock(ctx.cookies, undefined);
    await next();
  };
}

/** The library goes on with this very interaction in this request, whatever is kept of it. */
export function letIn(ctx: Parameters<Middleware>[0], interaction: Interaction): void {
  factsOf(ctx).interaction = interaction;
  ctx.cookies = withoutStock(ctx.cookies, interaction.uid);
}

/** All but the library's own two, which it reads as if the browser had sent what is already known. */
function withoutStock<Jar extends CookieJar>(jar: Jar, uid: string | undefined): Jar {
  const get: CookieJar['get'] = (name, options) => (STOCK.has(name) ? uid : jar.get(name, options));
  const set: CookieJar['set'] = (name, value, options) => (STOCK.has(name) ? jar : jar.set(name, value, options));
  return Object.assign(Object.create(jar) as Jar, { get, set });
}
