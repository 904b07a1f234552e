import type { Context } from 'koa';
import {
  DEFAULT_LANGUAGE,
  LANGUAGES,
  type Language,
  languageAmong,
  languageNamed,
  OWN_NAMES,
} from '../words/language.ts';

/** Set by the switch in the foot of every page. It opens nothing, so it needs neither our prefix nor a port in its name. */
export const LANGUAGE_COOKIE = 'lang';

/** The parameter of the switch; no app sends one of this name to `/auth` or `/session/end`. */
export const SPEAK = 'speak';

/** The name under which a parked request comes back (`routes/post-to-get.ts`). */
export const PARKED = 'parked';

/** Another language for the page at hand. */
export interface LanguageLink {
  readonly language: Language;
  readonly name: string;
  readonly href: string;
}

/**
 * The language of an answer: the app's wish (`ui_locales`, Core §3.1.2.1), what was chosen here before, what the browser
 * asks for, English. A wish that the person overruled by the switch stays overruled.
 */
export function languageOf(ctx: Context): Language {
  const wish = wishOf(ctx);
  const chosen = chosenBefore(ctx.cookies.get(LANGUAGE_COOKIE));
  if (wish !== undefined && wish !== chosen?.insteadOf) return wish;
  return chosen?.language ?? languageNamed(ctx.acceptsLanguages([...LANGUAGES]) || undefined) ?? DEFAULT_LANGUAGE;
}

/** Keeps the wish of the request along the way: `address` with `ui_locales`, where this request had one that we speak. */
export function keepLanguage(ctx: Context, address: string): string {
  const wish = wishOf(ctx);
  return wish === undefined ? address : `${address}${address.includes('?') ? '&' : '?'}ui_locales=${wish}`;
}

/** A wish that is not in the address: parameters that came by POST. */
export function wishLanguage(ctx: Pick<Context, 'state'>, tags: string | null): void {
  ctx.state['uiLocales'] = tags ?? undefined;
}

/** The value of the cookie: the language chosen, and after a dot the wish that it overrules. */
export function languageCookie(ctx: Context, language: Language): string {
  const wish = wishOf(ctx);
  return wish === undefined || wish === language ? language : `${language}.${wish}`;
}

function wishOf(ctx: Context): Language | undefined {
  const inAddress = ctx.query['ui_locales'];
  return languageAmong(ctx.state['uiLocales'] ?? (typeof inAddress === 'string' ? inAddress : undefined));
}

function chosenBefore(cookie: string | undefined) {
  const [name, instead] = (cookie ?? '').split('.');
  const language = languageNamed(name);
  return language && { language, insteadOf: languageNamed(instead) };
}

/** Whether the address of this request must not stand in a link: it leads nowhere any more, or proves who somebody is. */
export function isHeldBack(ctx: Context): boolean {
  return ctx.query[PARKED] !== undefined || ctx.query['id_token_hint'] !== undefined;
}

/** Where the page at hand can be had again instead; an address of ours with a query, `ui_locales` in it where there is a wish. */
export function linkInstead(ctx: Pick<Context, 'state'>, address: string): void {
  ctx.state['linkInstead'] = address;
}

/**
 * The other languages, and where to get this page in them: its own address with the choice. None where that is held back, and
 * there is no other.
 */
export function otherLanguages(ctx: Context): LanguageLink[] {
  const instead: string | undefined = ctx.state['linkInstead'];
  if (instead === undefined && isHeldBack(ctx)) return [];
  const spoken = languageOf(ctx);
  return LANGUAGES.filter((language) => language !== spoken).map((language) => ({
    language,
    name: OWN_NAMES[language],
    href: instead
      ? `${instead}&${SPEAK}=${language}`
      : `${answersGet(ctx) ? ownPath(ctx) : '/'}?${withChoice(ctx, language)}`,
  }));
}

function withChoice(ctx: Context, language: Language): string {
  const parameters = new URLSearchParams(answersGet(ctx) ? ctx.querystring : '');
  parameters.set(SPEAK, language);
  return parameters.toString();
}

/** The path that was asked for. With two slashes, or one and a backslash, it would name another host. */
export function ownPath({ path }: Context): string {
  return path.replace(/^[/\\]+/u, '/');
}

/** For pages that answer a POST: whether the same address shows one by GET. */
export function knowPages(ctx: Pick<Context, 'state'>, hasPage: (path: string) => boolean): void {
  ctx.state['hasPage'] = hasPage;
}

function answersGet(ctx: Context): boolean {
  const hasPage: ((path: string) => boolean) | undefined = ctx.state['hasPage'];
  return ctx.method === 'GET' || hasPage?.(ctx.path) === true;
}
