import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import { AppError } from '../../errors.ts';
import { type Parameters, parseParameters } from '../parameters.ts';

/** 16 KB, like Node's own limit for headers: what fits into an address must fit into a form. */
const BODY_BYTES_MAX = 16 * 1024;

/**
 * Reads a urlencoded body into `formOf(ctx)`. For our own routes only, one by one: the provider reads its bodies itself and
 * must find them unread. 413 beyond 16 KB, 415 for anything but a form.
 */
export function createReadBody({ maxBytes = BODY_BYTES_MAX }: { readonly maxBytes?: number } = {}): Middleware {
  return async (ctx, next) => {
    if (ctx.method === 'POST') ctx.state['form'] = parseParameters(await readForm(ctx, maxBytes));
    await next();
  };
}

/** 413 for a body that is announced as larger; for the library's addresses, which read their bodies themselves. */
export function createBodyLimit({ maxBytes = BODY_BYTES_MAX }: { readonly maxBytes?: number } = {}): Middleware {
  return async (ctx, next) => {
    refuseAnnounced(ctx, maxBytes);
    await next();
  };
}

function refuseAnnounced(ctx: Context, maxBytes: number): void {
  if (Number(ctx.get('Content-Length') || 0) > maxBytes) throw tooLarge();
}

/** The form that was sent. Throws when `read-body` did not run: a route that forgot it must not look like an empty form. */
export function formOf(ctx: Pick<Context, 'state'>): Parameters {
  const form: Parameters | undefined = ctx.state['form'];
  if (form === undefined) throw new Error('this route needs the read-body middleware before it');
  return form;
}

async function readForm(ctx: Context, maxBytes: number): Promise<string> {
  refuseAnnounced(ctx, maxBytes);
  const type = ctx.get('Content-Type');
  if (ctx.get('Content-Encoding') !== '' || (type !== '' && !ctx.is('urlencoded'))) throw notAForm();
  const body = await readUpTo(ctx.req, maxBytes, tooLarge);
  if (type === '' && body.length > 0) throw notAForm();
  return body.toString('utf8');
}

/** A body as it comes; `tooLong` makes the error for one that is. */
export async function readUpTo(request: IncomingMessage, maxBytes: number, tooLong: () => AppError): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // The stream is left open on `throw`: destroying it would tear down the connection before the 413 is out.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      if (length > maxBytes) throw tooLong();
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof AppError ? error : cutOff(error);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): AppError {
  return new AppError({
    code: 'body_too_large',
    status: 413,
    words: 'error.body_too_large',
  });
}

function notAForm(): AppError {
  return new AppError({
    code: 'not_a_form',
    status: 415,
    words: 'error.not_a_form',
  });
}

function cutOff(cause: unknown): AppError {
  return new AppError({ code: 'body_cut_off', status: 400, words: 'error.body_cut_off', cause });
}
