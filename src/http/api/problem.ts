import type { Context, Middleware } from 'koa';
import { InvalidInput } from '../../admin/input.ts';
import { NotPermitted } from '../../admin/use-case.ts';
import { AppError } from '../../errors.ts';
import type { Log } from '../../ops/log.ts';
import { asAppError } from '../middleware/error-page.ts';
import { requestIdOf } from '../middleware/request-id.ts';
import { loggablePath } from '../middleware/request-log.ts';

/** What went wrong, for programs (RFC 9457). Every answer of the API that is no success is one of these. */
export interface ProblemJson {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly { readonly field: string; readonly message: string }[];
  readonly request_id: string;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'No valid token',
  403: 'Not permitted',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  412: 'Changed meanwhile',
  413: 'Too large',
  415: 'Not JSON',
  422: 'Invalid input',
  428: 'Version missing',
  429: 'Too many requests',
  503: 'Not available just now',
};

const RETRY_AFTER_S = 5;

/** A token that is missing or bad: `WWW-Authenticate` says which (RFC 6750 §3). */
export class NoToken extends AppError {
  readonly challenge: string;

  constructor(given: boolean) {
    const publicMessage = given
      ? 'This token is unknown, or does not work any more.'
      : 'Send a token: Authorization: Bearer …';
    super({ code: given ? 'token_invalid' : 'token_missing', status: 401, publicMessage });
    this.challenge = given ? 'Bearer realm="signoff", error="invalid_token"' : 'Bearer realm="signoff"';
  }
}

/** Turns whatever the API throws into a problem. What is our own fault is logged as such. */
export function createProblems({ log }: { readonly log: Log }): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (thrown) {
      const error = asAppError(thrown);
      if (ctx.headerSent) throw thrown;
      const facts = {
        request_id: requestIdOf(ctx),
        method: ctx.method,
        path: loggablePath(ctx.path),
        status: error.status,
        error_code: error.code,
      };
      if (error.status < 500) log.debug('request.refused', facts);
      else log.error('request.failed', { ...facts, error: thrown });
      answer(ctx, error);
    }
  };
}

function answer(ctx: Context, error: AppError): void {
  const retryAfterS = error.retryAfterS ?? (error.status === 503 ? RETRY_AFTER_S : undefined);
  if (retryAfterS !== undefined) ctx.set('Retry-After', String(Math.ceil(retryAfterS)));
  if (error instanceof NoToken) ctx.set('WWW-Authenticate', error.challenge);
  if (error instanceof NotPermitted) {
    ctx.set('WWW-Authenticate', `Bearer realm="signoff", error="insufficient_scope", scope="${error.scope}"`);
  }
  for (const name of ['Location', 'ETag']) ctx.remove(name);
  ctx.status = error.status;
  ctx.body = JSON.stringify(problemOf(error, requestIdOf(ctx)));
  ctx.type = 'application/problem+json';
}

function problemOf(error: AppError, requestId: string): ProblemJson {
  return {
    type: 'about:blank',
    title: TITLES[error.status] ?? 'Internal error',
    status: error.status,
    code: error.code,
    detail: error.publicMessage,
    errors: error instanceof InvalidInput ? error.errors : [],
    request_id: requestId,
  };
}
