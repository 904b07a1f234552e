import type { Context, Middleware } from 'koa';
import { languageNamed } from '../../words/language.ts';
import { LANGUAGE_COOKIE, languageCookie, ownPath, SPEAK } from '../language.ts';
import { isProgramPath } from '../program-paths.ts';
import { seeOther } from '../see-other.ts';

const YEAR_MS = 365 * 24 * 60 * 60 * 1000;

/**
 * The switch in the foot of every page: any address of a page with `speak=de` keeps the choice and leads to the same address
 * without it, so nowhere else. A link, since all it changes is how pages read.
 */
export function createLanguageSwitch({ issuer }: { readonly issuer: string }): Middleware {
  const secure = new URL(issuer).protocol === 'https:';
  return async (ctx, next) => {
    const chosen = ctx.query[SPEAK];
    const language = typeof chosen === 'string' ? languageNamed(chosen) : undefined;
    if (language === undefined || ctx.method !== 'GET' || isProgramPath(ctx.path)) return next();
    const attributes = { maxAge: YEAR_MS, httpOnly: true, sameSite: 'lax', secure, path: '/' } as const;
    ctx.cookies.set(LANGUAGE_COOKIE, languageCookie(ctx, language), { ...attributes, signed: false });
    seeOther(ctx, withoutChoice(ctx));
  };
}

function withoutChoice(ctx: Context): string {
  const parameters = new URLSearchParams(ctx.querystring);
  parameters.delete(SPEAK);
  return parameters.size > 0 ? `${ownPath(ctx)}?${parameters}` : ownPath(ctx);
}
