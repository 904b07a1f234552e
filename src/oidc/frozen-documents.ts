/** Discovery and key set as bytes with caching headers: made once per instance, the same for everybody (DESIGN §8.11). */
import { createHash } from 'node:crypto';
import type { Middleware } from './library-shapes.ts';

const PATHS: ReadonlySet<string> = new Set([
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/jwks',
]);

/** A new key is published ten minutes before it signs, so five minutes of caching miss nothing. */
const CACHING = 'public, max-age=300';

interface FrozenDocument {
  readonly bytes: Buffer;
  readonly type: string;
  readonly etag: string;
}

/** Answers the documents; the library makes each one once. The host is pinned, so no request can colour them. */
export function createFrozenDocuments(): Middleware {
  const documents = new Map<string, FrozenDocument>();
  return async (ctx, next) => {
    const isRead = ctx.method === 'GET' || ctx.method === 'HEAD';
    if (!isRead || !PATHS.has(ctx.path)) return next();
    const known = documents.get(ctx.path);
    if (known) return answer(ctx, known);
    await next();
    if (ctx.method !== 'GET' || ctx.status !== 200) return;
    const made = freeze(ctx.body, ctx.type);
    documents.set(ctx.path, made);
    answer(ctx, made);
  };
}

function freeze(body: unknown, type: string): FrozenDocument {
  const bytes = Buffer.from(JSON.stringify(body));
  return { bytes, type, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` };
}

function answer(ctx: Parameters<Middleware>[0], { bytes, type, etag }: FrozenDocument): void {
  ctx.status = 200;
  ctx.set({ 'Cache-Control': CACHING, ETag: etag, 'Access-Control-Allow-Origin': '*' });
  ctx.remove('Pragma');
  ctx.remove('Vary');
  ctx.type = type;
  ctx.body = bytes;
  if (ctx.fresh) ctx.status = 304;
}
