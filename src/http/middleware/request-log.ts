import type { Middleware } from 'koa';
import type { Clock } from '../../ops/clock.ts';
import type { Log } from '../../ops/log.ts';
import { requestIdOf } from './request-id.ts';

/** Ids in these places open something: a receipt, an interaction. */
const SECRET_PLACES = /^\/(logout|interaction|auth)\/[^/]+/u;
/** Nothing of ours has longer names than this outside of `.well-known`; what is longer may be an id or a token. */
const SEGMENT_MAX = 40;
const PATH_MAX = 200;

/**
 * One `request.served` line per request, for whoever asks for `debug`: method, path, status, duration. Never the query or
 * the body: they carry codes, hints and tokens (requirements §17, "Leaks").
 */
export function createRequestLog({ log, clock }: { readonly log: Log; readonly clock: Clock }): Middleware {
  return async (ctx, next) => {
    const startedAt = clock.now();
    try {
      await next();
    } finally {
      const facts = {
        request_id: requestIdOf(ctx),
        method: ctx.method,
        path: loggablePath(ctx.path),
        status: ctx.status,
        ms: clock.now() - startedAt,
      };
      log.debug('request.served', facts);
    }
  };
}

/** A path without ids that open something, cut to a sane length. Percent-encoding stays, so no control character gets in. */
export function loggablePath(path: string): string {
  const known = path.replace(SECRET_PLACES, '/$1/:id');
  const segments = known.split('/').map((segment) => (segment.length > SEGMENT_MAX ? ':id' : segment));
  return segments.join('/').slice(0, PATH_MAX);
}
