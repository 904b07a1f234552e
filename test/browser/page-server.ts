/** A small server that shows the sample pages through the real renderer and middleware; no product behind it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import Koa from 'koa';
import { createCsrf } from '../../src/http/middleware/csrf.ts';
import { createRequestId } from '../../src/http/middleware/request-id.ts';
import { createSecurityHeaders } from '../../src/http/middleware/security-headers.ts';
import type { PageModels, ReceiptPage } from '../../src/http/page-models.ts';
import { createRenderer, type Renderer } from '../../src/http/render.ts';
import { type Sample, samples } from './sample-pages.ts';

export const viewsDir = join(import.meta.dirname, '../../views');

export function aRenderer(over: Partial<Parameters<typeof createRenderer>[0]> = {}): Renderer {
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
  /** what `/logout/live` shows from now on; tells all open event streams */
  showReceipt(receipt: ReceiptPage): void;
  readonly posted: string[];
}

export async function startPageServer(renderer = aRenderer()): Promise<PageServer> {
  const live: { receipt: ReceiptPage | undefined; streams: Set<(text: string) => void> } = {
    receipt: undefined,
    streams: new Set(),
  };
  const app = new Koa();
  const csrf = createCsrf({ key: 'k', issuer: 'http://localhost' });
  const posted: string[] = [];
  app
    .use(createRequestId())
    .use(createSecurityHeaders({ issuer: 'http://localhost' }))
    .use(renderer.serveAssets)
    .use(csrf.issue);
  app.use((ctx) => {
    if (ctx.method === 'POST') posted.push(ctx.path);
    if (ctx.path === '/logout/live/events') return openStream(ctx, live.streams);
    if (ctx.path === '/logout/live' && live.receipt) {
      return renderer.render(ctx, 'receipt', { ...live.receipt, stay: ctx.query['stay'] === '1' });
    }
    const sample = samples.find(({ name }) => ctx.path === `/pages/${name}`);
    if (sample) show(renderer, ctx, sample);
    else if (ctx.path === '/bye') ctx.body = 'bye';
  });
  const server = createServer(app.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    posted,
    showReceipt(receipt) {
      live.receipt = receipt;
      for (const send of live.streams) send('event: receipt\ndata: {}\n\n');
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close').catch(() => undefined);
    },
  };
}

function show(renderer: Renderer, ctx: Koa.Context, { view, model, status }: Sample): void {
  renderer.render(ctx, view, model as PageModels[typeof view], { status: status ?? 200 });
}

function openStream(ctx: Koa.Context, streams: Set<(text: string) => void>): void {
  ctx.respond = false;
  ctx.res.writeHead(200, { 'Content-Type': 'text/event-stream' });
  ctx.res.write(': open\n\n');
  const send = (text: string) => void ctx.res.write(text);
  streams.add(send);
  ctx.res.on('close', () => streams.delete(send));
}
