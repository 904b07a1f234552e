import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Eta } from 'eta';
import type { Context, Middleware } from 'koa';
import { DEFAULT_LANGUAGE, LANGUAGES, type Language } from '../words/language.ts';
import { wordsIn } from '../words/words.ts';
import { httpsOrigin } from './app-face.ts';
import { loadAssets } from './assets.ts';
import { keepLanguage, languageOf, otherLanguages } from './language.ts';
import { escapeText } from './markup.ts';
import { csrfTokenOf } from './middleware/csrf.ts';
import { requestIdOf } from './middleware/request-id.ts';
import { pageLanguage } from './page-language.ts';
import type { AppFace, PageModels, ViewName } from './page-models.ts';
import * as words from './page-words.ts';

/** All views; the compiler sees to it that none is missing, the start that each has its file. */
const VIEWS: Readonly<Record<ViewName, 'flow' | 'page'>> = {
  'sign-in': 'flow',
  consent: 'flow',
  'passkey-sign-in': 'flow',
  'second-step': 'flow',
  'totp-new': 'flow',
  'passkey-new': 'flow',
  'recovery-codes': 'flow',
  'continue-as': 'flow',
  'sign-off': 'flow',
  'sign-off-app': 'flow',
  devices: 'page',
  confirm: 'page',
  'step-up': 'page',
  account: 'page',
  'account-password': 'page',
  'account-apps': 'page',
  activity: 'page',
  'not-me': 'page',
  forgot: 'page',
  reset: 'page',
  'link-used': 'page',
  factors: 'page',
  'factor-remove': 'page',
  receipt: 'page',
  home: 'page',
  'signed-out': 'page',
  'first-owner': 'page',
  admin: 'page',
  error: 'page',
  'page-old': 'page',
  'wrong-host': 'page',
  'body-too-large': 'page',
  'headers-too-large': 'page',
};

/** Apps may show these in a popup (`signinPopup`, `signoutPopup`); COOP would cut the tie to their window for good. */
const IN_POPUPS: readonly ViewName[] = [
  'sign-in',
  'passkey-sign-in',
  'second-step',
  'totp-new',
  'passkey-new',
  'recovery-codes',
  'consent',
  'continue-as',
  'sign-off',
  'sign-off-app',
  'receipt',
  'page-old',
];

/** Their words are in their models, see `admin-page-models.ts`. */
const ENGLISH_ONLY: readonly ViewName[] = ['admin'];

export interface RendererOptions {
  /** folder of the templates; `assets/` below it */
  readonly viewsDir: string;
  /** what pages call this service */
  readonly serviceName: string;
  readonly privacyUrl?: string | undefined;
  readonly supportUrl?: string | undefined;
  /** shows the developer box of error pages */
  readonly development: boolean;
}

export interface RenderOptions {
  /** 200 when absent */
  readonly status?: number;
  readonly csp?: {
    /** more origins for images; the one of `model.app.logoUri` is let in without asking */
    readonly imgSrc?: readonly string[];
    /** replaces `'self'`, also on pages that otherwise have no form-action */
    readonly formAction?: readonly string[];
  };
}

export interface Renderer {
  /** Answers with a page: status, html, CSP, `no-store`. The view's name says which model it needs. */
  render<V extends ViewName>(ctx: Context, view: V, model: PageModels[V], options?: RenderOptions): void;
  /** A page as text, for answers outside of Koa (431); it has no request id and must have no form. */
  html<V extends ViewName>(view: V, model: PageModels[V], language?: Language): string;
  /** Its Content-Security-Policy. */
  csp<V extends ViewName>(view: V, model: PageModels[V]): string;
  /** Answers `/assets/…`; mount it early. */
  readonly serveAssets: Middleware;
}

/** Compiles all templates at once; throws when a view or an asset is missing or does not compile. */
export function createRenderer(options: RendererOptions): Renderer {
  const eta = loadViews(options.viewsDir);
  const assets = loadAssets(join(options.viewsDir, 'assets'));
  const common = { ...words, ...options, exact: words.escapeExact, asset: assets.address };
  const languages = new Map(LANGUAGES.map((language) => [language, pageLanguage(wordsIn(language))]));

  function html(view: ViewName, model: PageModels[ViewName], language: Language, page: object): string {
    const spoken = languages.get(language);
    const defaults = { status: 200, requestId: '', otherLanguages: [], keep: (address: string) => address };
    return eta.render(`@${view}`, {
      model,
      say: spoken?.say,
      page: { ...common, ...spoken, ...defaults, ...page },
    });
  }

  return {
    render(ctx, view, model, { status = 200, csp = {} } = {}) {
      const isEnglish = ENGLISH_ONLY.includes(view);
      const language = isEnglish ? DEFAULT_LANGUAGE : languageOf(ctx);
      const page = {
        status,
        requestId: requestIdOf(ctx),
        csrf: () => csrfTokenOf(ctx),
        otherLanguages: isEnglish ? [] : otherLanguages(ctx),
        keep: (address: string) => keepLanguage(ctx, address),
      };
      ctx.body = html(view, model, language, page);
      ctx.set('Content-Language', language);
      ctx.type = 'html';
      ctx.status = status;
      ctx.set('Content-Security-Policy', policy(view, model, csp));
      ctx.set('Cache-Control', 'no-store');
      if (!IN_POPUPS.includes(view)) ctx.set('Cross-Origin-Opener-Policy', 'same-origin');
    },
    html: (view, model, language = DEFAULT_LANGUAGE) => html(view, model, language, {}),
    csp: (view, model) => policy(view, model, {}),
    serveAssets: assets.serve,
  };
}

function loadViews(dir: string): Eta {
  const eta = new Eta({ escapeFunction: escapeText });
  const files = readdirSync(dir).filter((name) => name.endsWith('.eta'));
  const names = files.map((file) => basename(file, '.eta'));
  const missing = Object.keys(VIEWS).filter((view) => !names.includes(view));
  if (missing.length > 0) throw new Error(`${dir} has no template for: ${missing.join(', ')}`);
  files.forEach((file, at) => {
    eta.loadTemplate(`@${names[at]}`, readFileSync(join(dir, file), 'utf8'));
  });
  return eta;
}

/**
 * No inline script or style, nothing from elsewhere but the logo of the app that is shown, no framing (BP16).
 * Pages of a flow have no form-action: Chromium applies it to the redirects after the POST as well, and these lead to the app.
 */
function policy(view: ViewName, model: PageModels[ViewName], more: NonNullable<RenderOptions['csp']>): string {
  const images = ["'self'", ...logoOrigin(model), ...(more.imgSrc ?? [])];
  const formAction = more.formAction ?? (VIEWS[view] === 'flow' ? undefined : ["'self'"]);
  const frames = frameSources(model);
  const parts = [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    `img-src ${images.join(' ')}`,
    ...(view === 'receipt' || view === 'devices' ? ["connect-src 'self'"] : []),
    "frame-ancestors 'none'",
    "base-uri 'none'",
    ...(frames.length > 0 ? [`frame-src ${frames.join(' ')}`] : []),
    ...(formAction ? [`form-action ${formAction.join(' ')}`] : []),
  ];
  return parts.join('; ');
}

/** Exactly those addresses; a source has no query. */
function frameSources(model: object): string[] {
  const { detail } = model as { readonly detail?: { readonly frames?: readonly string[] } };
  const addresses = (detail?.frames ?? []).map((address) => new URL(address));
  return [
    ...new Set(addresses.map(({ origin, pathname }) => origin + pathname.replaceAll(/[;,]/g, encodeURIComponent))),
  ];
}

function logoOrigin(model: object): string[] {
  const app = (model as { readonly app?: AppFace }).app;
  const origin = httpsOrigin(app?.logoUri);
  return origin === undefined ? [] : [origin];
}
