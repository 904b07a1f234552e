import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Middleware } from 'koa';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** A year: the address changes with the content. */
const FOR_EVER = 'public, max-age=31536000, immutable';

export interface Assets {
  /** Address of an asset with the hash of its content. Throws for an unknown name, so that a typo fails in tests. */
  address(name: string): string;
  /** Answers `GET /assets/<name>` from memory. */
  readonly serve: Middleware;
}

interface Asset {
  readonly body: Buffer;
  readonly type: string;
  readonly hash: string;
}

/** Reads all of `dir` into memory, once. */
export function loadAssets(dir: string): Assets {
  const assets = new Map(readdirSync(dir).map((name) => [name, readAsset(join(dir, name))]));
  return {
    address(name) {
      const asset = assets.get(name);
      if (asset === undefined) throw new Error(`no asset ${name}`);
      return `/assets/${name}?v=${asset.hash}`;
    },
    async serve(ctx, next) {
      const asset = assetAt(assets, ctx.path);
      if (asset === undefined || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) return next();
      ctx.status = 200;
      ctx.type = asset.type;
      ctx.etag = asset.hash;
      ctx.set('Cache-Control', ctx.query['v'] === asset.hash ? FOR_EVER : 'no-cache');
      if (ctx.fresh) ctx.status = 304;
      else ctx.body = asset.body;
    },
  };
}

function readAsset(path: string): Asset {
  const type = TYPES[extname(path)];
  if (type === undefined) throw new Error(`${path}: no content type is known for this ending`);
  const body = readFileSync(path);
  return { body, type, hash: createHash('sha256').update(body).digest('base64url').slice(0, 12) };
}

function assetAt(assets: ReadonlyMap<string, Asset>, path: string): Asset | undefined {
  return path.startsWith('/assets/') ? assets.get(path.slice('/assets/'.length)) : undefined;
}
