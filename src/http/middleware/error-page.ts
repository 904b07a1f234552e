import type { Context, Middleware } from 'koa';
import { AppError } from '../../errors.ts';
import type { Log } from '../../ops/log.ts';
import type { Key } from '../../words/catalogues.ts';
import type { ErrorKey } from '../../words/en/errors.ts';
import type { ErrorAdvice } from '../page-models.ts';
import { prefersHtml } from '../prefers-html.ts';
import type { Renderer } from '../render.ts';
import { wayBackOf } from '../way-back.ts';
import { requestIdOf } from './request-id.ts';
import { loggablePath } from './request-log.ts';

export interface ErrorPageOptions {
  readonly render: Renderer['render'];
  /** Bounded: a flood is refused line by line. */
  readonly log: Log;
}

/** When to try again, where the error does not say. */
const RETRY_AFTER_S = 5;

/** What a client that hung up looks like; nobody is there to be answered. */
const HUNG_UP: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'];

/**
 * Turns whatever was thrown into a page or JSON with a code, a way out and the request id. Stacks go to the log only. Also
 * answers when no route did (404).
 */
export function createErrorPage({ render, log }: ErrorPageOptions): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body == null && ctx.respond !== false && !ctx.headerSent) throw notFound();
    } catch (thrown) {
      const error = asAppError(thrown);
      note(log, ctx, thrown, error);
      if (!ctx.headerSent) answer(ctx, error, thrown, render);
      else ctx.res.destroy();
    }
  };
}

function answer(ctx: Context, error: AppError, thrown: unknown, render: Renderer['render']): void {
  clearHeaders(ctx);
  const retryAfterS = error.retryAfterS ?? (error.status === 503 ? RETRY_AFTER_S : undefined);
  if (retryAfterS !== undefined) ctx.set('Retry-After', String(Math.ceil(retryAfterS)));
  ctx.set('Cache-Control', 'no-store');
  // RFC 6750 §3: whoever needs a token is told so.
  if (error.code === 'invalid_token') ctx.set('WWW-Authenticate', 'Bearer realm="signoff", error="invalid_token"');
  if (prefersHtml(ctx)) answerPage(ctx, error, thrown, render);
  else answerJson(ctx, error);
}

function answerJson(ctx: Context, error: AppError): void {
  ctx.status = error.status;
  ctx.type = 'json';
  ctx.body = { error: error.code, error_description: error.publicMessage, request_id: requestIdOf(ctx) };
}

function answerPage(ctx: Context, error: AppError, thrown: unknown, render: Renderer['render']): void {
  const { status, code } = error;
  const way = wayBackOf(ctx);
  const startAgain = way && { href: way.href, name: way.name };
  if (code === 'page_old') {
    const signedIn = way?.signedIn ?? false;
    render(ctx, 'page-old', { signedIn, ...(startAgain && { startAgain }) }, { status });
  } else if (code === 'body_too_large') {
    render(ctx, 'body-too-large', {}, { status });
  } else {
    const advice = adviceFor(error);
    const title = TITLES[code];
    const model = {
      says: sentenceFor(error),
      code,
      ...(title && { title }),
      ...(advice && { advice }),
      ...(startAgain && { startAgain }),
    };
    render(ctx, 'error', { ...model, developer: developerText(thrown) }, { status });
  }
}

/** Where the status alone would say the wrong thing. */
const TITLES: Readonly<Record<string, Key>> = { cookies_off: 'title.cookies-off' };

/** What only operators should read (it names settings) is no accident of the person's. */
function sentenceFor({ words, status }: AppError): ErrorKey {
  return words ?? (status >= 500 ? 'error.internal' : 'error.bad_request');
}

function adviceFor({ status, retryAfterS }: AppError): ErrorAdvice | undefined {
  if (status === 429) return { kind: 'wait', seconds: retryAfterS ?? RETRY_AFTER_S };
  if (status >= 500 && status !== 503) return { kind: 'support' };
  return undefined;
}

/** Shown in development only, see the view. A refusal of our own says what it is; writing out its stack takes longer than all else. */
function developerText(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown instanceof AppError && thrown.cause === undefined) return thrown.message;
  const cause = thrown.cause instanceof Error ? `\n\ncaused by ${thrown.cause.stack ?? thrown.cause.message}` : '';
  return `${thrown.stack ?? thrown.message}${cause}`;
}

/** Content headers of the answer that was under way would lie about this one. */
function clearHeaders(ctx: Context): void {
  for (const name of [
    'Content-Type',
    'Content-Length',
    'Content-Encoding',
    'Content-Disposition',
    'Content-Language',
    'ETag',
    'Last-Modified',
    'Location',
  ]) {
    ctx.remove(name);
  }
}

function note(log: Log, ctx: Context, thrown: unknown, error: AppError): void {
  const facts = {
    request_id: requestIdOf(ctx),
    method: ctx.method,
    path: loggablePath(ctx.path),
    status: error.status,
    error_code: error.code,
  };
  if (hungUp(thrown)) log.debug('request.abandoned', facts);
  else if (error.status < 500) log.debug('request.refused', facts);
  else if (isRefusal(error)) log.warn('request.refused', facts);
  else log.error('request.failed', { ...facts, error: thrown });
}

/** We are able, but not willing just now: no accident caused it. */
function isRefusal({ status, cause }: AppError): boolean {
  return status === 503 && cause === undefined;
}

function hungUp(thrown: unknown): boolean {
  return HUNG_UP.includes((thrown as { code?: unknown } | undefined)?.code);
}

/** What may be shown of anything that was thrown. */
export function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const status = clientErrorStatus(thrown);
  if (status === 404) return notFound();
  if (status !== undefined) {
    return new AppError({
      code: 'bad_request',
      status,
      words: 'error.bad_request',
      cause: thrown,
    });
  }
  return new AppError({
    code: 'internal',
    status: 500,
    words: 'error.internal',
    cause: thrown,
  });
}

/** Koa's and the router's own refusals (`http-errors`, exposed, 4xx). */
function clientErrorStatus(thrown: unknown): number | undefined {
  const { status, expose } = (thrown ?? {}) as { status?: unknown; expose?: unknown };
  return expose === true && typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

function notFound(): AppError {
  return new AppError({
    code: 'not_found',
    status: 404,
    words: 'error.not_found',
  });
}
