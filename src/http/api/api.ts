/**
 * `/api/v1`: use cases for programs. An address is a row of `endpoints.ts`; here is what all have in common: who calls, what
 * the request says, one answer for a repeated request, and problems as JSON.
 */
import { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Admin } from '../../admin/admin.ts';
import { type Operator, perform } from '../../admin/use-case.ts';
import { AppError } from '../../errors.ts';
import type { OnSettled } from '../../logout/wait-for-apps.ts';
import type { Oidc } from '../../oidc/provider.ts';
import type { StrangerLimits } from '../../oidc/stranger-limits.ts';
import type { Log } from '../../ops/log.ts';
import type { EventStreams } from '../event-streams.ts';
import { type Answer, answerOnce } from '../first-answers.ts';
import { createCallers } from './callers.ts';
import { API_PREFIX, type Endpoint } from './endpoint.ts';
import { ENDPOINTS } from './endpoints.ts';
import { followClient } from './listen-events.ts';
import { streamLogout } from './logout-events.ts';
import { openApiDocument } from './open-api.ts';
import { createProblems } from './problem.ts';
import { type RequestInput, readRequest } from './request-input.ts';

export interface ApiParts {
  readonly admin: Admin;
  readonly programOf: Oidc['programOf'];
  readonly limits: StrangerLimits;
  readonly streams: EventStreams;
  readonly onSettled: OnSettled;
  readonly log: Log;
}

/** Answers everything below `/api/`, and passes on everything else. */
export function createApi(parts: ApiParts): Middleware {
  const problems = createProblems(parts);
  const router = createRouter(parts);
  return (ctx, next) =>
    ctx.path.startsWith('/api/')
      ? problems(ctx, () => router(ctx, () => Promise.reject(noSuchAddress(ctx))) as Promise<void>)
      : next();
}

function createRouter(parts: ApiParts): Middleware {
  const callerOf = createCallers(parts);
  const router = new Router({ prefix: API_PREFIX });
  let document: string | undefined;
  router.get('/openapi.json', (ctx) => {
    ctx.set('Access-Control-Allow-Origin', '*');
    ctx.type = 'json';
    // Not at the start: it takes a tenth of a second and some memory, and is hardly ever asked for.
    document ??= JSON.stringify(openApiDocument(ENDPOINTS, parts.admin.issuer));
    ctx.body = document;
  });
  for (const endpoint of ENDPOINTS) {
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1');
    router.register(path, [endpoint.method], async (ctx) => {
      ctx.set('Cache-Control', 'no-store');
      const who = await callerOf(ctx);
      const input = await readRequest(ctx, endpoint);
      if (endpoint.stream) await FOLLOW[endpoint.stream](ctx, input, who, parts);
      else answer(ctx, await answerOf(ctx, endpoint, { who, input }, parts));
    });
  }
  return router.routes() as Middleware;
}

const FOLLOW = { logout: streamLogout, client: followClient } as const;

interface Call {
  readonly who: Operator;
  readonly input: RequestInput;
}

/** POST may be said to be the same request as one before. */
function answerOf(ctx: Context, endpoint: Endpoint, { who, input }: Call, { admin }: ApiParts): Promise<Answer> {
  const work = () => answerFor(endpoint, { who, input }, admin);
  const key = ctx.get('Idempotency-Key');
  if (endpoint.method !== 'POST' || key === '') return work();
  return answerOnce(admin, { who, key, content: JSON.stringify([ctx.method, ctx.url, input.body]) }, work);
}

async function answerFor(endpoint: Endpoint, { who, input }: Call, admin: Admin): Promise<Answer> {
  const dryRun = input.dryRun ? endpoint.dryRun : undefined;
  const output = (await perform(dryRun ?? endpoint.useCase, admin, who, input.members)) as {
    readonly version?: unknown;
  };
  const created = dryRun ? undefined : endpoint.created;
  return {
    status: created ? 201 : 200,
    location: created && `${admin.issuer}${API_PREFIX}${created(output as never)}`,
    etag: typeof output.version === 'string' ? `"${output.version}"` : undefined,
    body: JSON.stringify(output, (_name, value) => (value === undefined ? null : value)),
  };
}

function answer(ctx: Context, { status, location, etag, body }: Answer): void {
  ctx.status = status;
  if (location !== undefined) ctx.set('Location', location);
  if (etag !== undefined) ctx.set('ETag', etag);
  ctx.type = 'json';
  ctx.body = body;
}

/** 405 where the address is there under another method. */
function noSuchAddress(ctx: Context): AppError {
  const methods = ENDPOINTS.filter(({ path }) => matches(path, ctx.path)).map(({ method }) => method);
  if (methods.length === 0) {
    const publicMessage = `There is nothing at ${ctx.path}; ${API_PREFIX}/openapi.json says what there is.`;
    return new AppError({ code: 'not_found', status: 404, publicMessage });
  }
  ctx.set('Allow', methods.join(', '));
  const publicMessage = `This address takes ${methods.join(', ')}.`;
  return new AppError({ code: 'method_not_allowed', status: 405, publicMessage });
}

function matches(path: string, asked: string): boolean {
  return new RegExp(`^${API_PREFIX}${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(asked);
}
