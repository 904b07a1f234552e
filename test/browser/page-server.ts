/** A small server that shows sample pages through the real renderer and middleware; no product behind it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import Koa from 'koa';
import { createCsrf } from '../../src/http/middleware/csrf.ts';
import { createRequestId } from '../../src/http/middleware/request-id.ts';
import { createSecurityHeaders } from '../../src/http/middleware/security-headers.ts';
import type { PageModels } from '../../src/http/page-models.ts';
import type { ReceiptPage } from '../../src/http/receipt-models.ts';
import { createRenderer, type Renderer, type RendererOptions } from '../../src/http/render.ts';
import type { Sample } from './sample-pages.ts';

const viewsDir = join(import.meta.dirname, '../../views');

export function aRenderer(over: Partial<RendererOptions> = {}): Renderer {
  return createRenderer({
    viewsDir,
    serviceName: 'example.com',
    privacyUrl: 'https://example.com/privacy',
    supportUrl: 'mailto:help@example.com',
    development: true,
    ...over,
  });
}

export interface PageServer extends AsyncDisposable {
  readonly origin: string;
  /** Another origin of the same server, as an app would have one. */
  readonly appOrigin: string;
  /** What `/logout/live` shows from now on; tells all open event streams. */
  showReceipt(receipt: ReceiptPage): void;
  /** Resolves once a page listens to events. */
  listening(): Promise<void>;
  /** Bodies that were posted. Each POST is answered with a redirect to the app's origin. */
  readonly posted: string[];
}

/**
 * `/pages/<name>` shows a sample, and with `?scripts=none` without its scripts: axe itself needs timers, which a page with
 * scripts switched off has not.
 */
export async function startPageServer(samples: readonly Sample[], renderer = aRenderer()): Promise<PageServer> {
  const live = createLiveReceipt(renderer);
  const posted: string[] = [];
  const app = new Koa();
  app.use(createRequestId()).use(createSecurityHeaders({ issuer: 'http://localhost' }));
  app.use(renderer.serveAssets).use(createCsrf({ keys: ['k'], issuer: 'http://localhost' }).issue);
  app.use(async (ctx, next) => {
    if (ctx.method !== 'POST') return next();
    posted.push(await text(ctx.req));
    ctx.status = 303;
    ctx.set('Location', `http://127.0.0.1:${ctx.req.socket.localPort}/bye`);
  });
  app.use(live.serve);
  app.use((ctx) => {
    const sample = samples.find(({ name }) => ctx.path === `/pages/${name}`);
    if (sample) show(renderer, ctx, sample);
    else if (ctx.path === '/bye') ctx.body = 'bye';
  });
  const server = createServer(app.callback()).listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://localhost:${port}`,
    appOrigin: `http://127.0.0.1:${port}`,
    posted,
    showReceipt: live.show,
    listening: live.listening,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function show(renderer: Renderer, ctx: Koa.Context, { view, model, status }: Sample): void {
  renderer.render(ctx, view, model as PageModels[typeof view], { status: status ?? 200 });
  if (ctx.query['scripts'] === 'none') ctx.body = String(ctx.body).replace(SCRIPTS, '');
}

const SCRIPTS = /<script[\s\S]*?<\/script>|<noscript>[\s\S]*?<\/noscript>/gu;

function createLiveReceipt(renderer: Renderer) {
  const streams = new Set<(text: string) => void>();
  const opened = Promise.withResolvers<void>();
  let receipt: ReceiptPage | undefined;
  const serve: Koa.Middleware = async (ctx, next) => {
    if (ctx.path === '/logout/live/events') {
      openStream(ctx, streams);
      opened.resolve();
    } else if (ctx.path === '/logout/live' && receipt) {
      renderer.render(ctx, 'receipt', { ...receipt, stay: ctx.query['stay'] === '1' });
    } else {
      await next();
    }
  };
  return {
    serve,
    show(next: ReceiptPage) {
      receipt = next;
      for (const send of streams) send('event: receipt\ndata: {}\n\n');
    },
    listening: () => opened.promise,
  };
}

function openStream(ctx: Koa.Context, streams: Set<(text: string) => void>): void {
  ctx.respond = false;
  ctx.res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  ctx.res.write(': open\n\n');
  const send = (text: string) => void ctx.res.write(text);
  streams.add(send);
  ctx.res.on('close', () => streams.delete(send));
}
