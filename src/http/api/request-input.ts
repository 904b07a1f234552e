import type { Context } from 'koa';
import { InvalidInput } from '../../admin/input.ts';
import { AppError } from '../../errors.ts';
import { readUpTo } from '../middleware/read-body.ts';
import { type Endpoint, pathMembers } from './endpoint.ts';

/** A client's registration with keys and a hundred addresses is smaller. */
const BODY_BYTES_MAX = 256 * 1024;

/** What a request says, before any schema has seen it. */
export interface RequestInput {
  readonly members: Record<string, unknown>;
  readonly dryRun: boolean;
  /** As it came, for `Idempotency-Key`. */
  readonly body: string;
}

/** Puts path, query, header and body together. Throws AppError 400, 413, 415 and `InvalidInput`. */
export async function readRequest(ctx: Context, endpoint: Endpoint): Promise<RequestInput> {
  const query = queryOf(ctx);
  const dryRun = endpoint.dryRun !== undefined && takeFlag(query, 'dry_run');
  const hasBody = endpoint.method !== 'GET' && endpoint.method !== 'DELETE';
  const body = hasBody ? await bodyOf(ctx) : '';
  const sent = body === '' ? {} : parsed(body);
  const named = Object.fromEntries(pathMembers(endpoint.path).map((name) => [name, ctx['params'][name]]));
  const members: Record<string, unknown> = {
    ...query,
    ...(endpoint.bodyAs === undefined ? membersOf(sent) : { [endpoint.bodyAs]: membersOf(sent) }),
    ...endpoint.fixed,
    ...(endpoint.ifMatchAs !== undefined && versionOf(ctx, endpoint.ifMatchAs)),
  };
  refuseTwice(members, named);
  return { members: { ...members, ...named }, dryRun, body };
}

/** What the address says is not said again: whichever counted, somebody would be wrong about it. */
function refuseTwice(members: Readonly<Record<string, unknown>>, named: Readonly<Record<string, unknown>>): void {
  const twice = Object.keys(named).filter((name) => members[name] !== undefined && members[name] !== named[name]);
  if (twice.length > 0) {
    throw new InvalidInput(twice.map((field) => ({ field, message: 'is said by the address already.' })));
  }
}

function queryOf(ctx: Context): Record<string, unknown> {
  const query: Record<string, unknown> = Object.create(null);
  for (const [name, value] of new URLSearchParams(ctx.querystring)) {
    if (name in query) throw new InvalidInput([{ field: name, message: 'is said twice.' }]);
    query[name] = value;
  }
  return { ...query };
}

function takeFlag(query: Record<string, unknown>, name: string): boolean {
  const value = query[name];
  delete query[name];
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw new InvalidInput([{ field: name, message: 'must be true or false.' }]);
}

function versionOf(ctx: Context, member: string): Record<string, string> {
  const tag = ctx.get('If-Match').trim();
  return tag === '' ? {} : { [member]: tag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1') };
}

async function bodyOf(ctx: Context): Promise<string> {
  if (Number(ctx.get('Content-Length') || 0) > BODY_BYTES_MAX) throw tooLarge();
  const isEmpty =
    ctx.get('Content-Length') === '0' || (ctx.get('Content-Length') === '' && !ctx.get('Transfer-Encoding'));
  if (isEmpty) return '';
  if (ctx.get('Content-Encoding') !== '' || !ctx.is('json', '+json')) throw notJson();
  return (await readUpTo(ctx.req, BODY_BYTES_MAX, tooLarge)).toString('utf8');
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new AppError({ code: 'json_invalid', status: 400, publicMessage: 'The body is not JSON.' });
  }
}

function membersOf(sent: unknown): Record<string, unknown> {
  if (typeof sent === 'object' && sent !== null && !Array.isArray(sent)) return sent as Record<string, unknown>;
  throw new InvalidInput([{ field: '', message: 'The body must be a JSON object.' }]);
}

function tooLarge(): AppError {
  return new AppError({ code: 'body_too_large', status: 413, publicMessage: 'The body is larger than 256 KB.' });
}

function notJson(): AppError {
  return new AppError({ code: 'not_json', status: 415, publicMessage: 'This address takes JSON only.' });
}
