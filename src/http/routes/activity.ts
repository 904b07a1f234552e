import { Readable } from 'node:stream';
import type { Router } from '@koa/router';
import type { Context } from 'koa';
import type { ActivityEvent } from '../../activity/news.ts';
import { appName } from '../../clients/app-name.ts';
import type { Client } from '../../clients/client-file.ts';
import { countStates } from '../../deliveries/state-counts.ts';
import { AppError } from '../../errors.ts';
import type { Clock } from '../../ops/clock.ts';
import type { ActivityFilter, ActivityStore, LogoutStore } from '../../store/store.ts';
import { DEFAULT_LANGUAGE, type Language } from '../../words/language.ts';
import { languageOf } from '../language.ts';
import { cursorAfter, type EventRow, eventRow, kindNamed, placeOf } from '../own-pages/activity-rows.ts';
import { personOf, type SignedInOnly } from '../own-pages/signed-in.ts';
import { personFace } from '../person-face.ts';
import type { Renderer } from '../render.ts';

export interface ActivityParts {
  readonly store: {
    readonly activity: Pick<ActivityStore, 'list'>;
    readonly logouts: Pick<LogoutStore, 'apps'>;
  };
  readonly render: Renderer['render'];
  readonly clock: Clock;
  readonly clientOf: (clientId: string) => Client | undefined;
  readonly signedInOnly: SignedInOnly;
}

/** Events of one page, and of one look at the store for a file. */
const PAGE = 50;

/** `/activity`: what happened to this account, newest first. `?kind=` filters, `?after=` pages, `?download` is all of it as a file. */
export function mountActivity(router: Router, parts: ActivityParts): void {
  router.get('/activity', parts.signedInOnly('/activity'), async (ctx) => {
    const { account } = personOf(ctx);
    const filter = filterOf(ctx);
    ctx.vary('Accept');
    ctx.set('Cache-Control', 'no-store');
    if (ctx.query['download'] !== undefined) return download(ctx, account.id, filter, parts);
    const wantsJson = ctx.accepts('html', 'json') === 'json';
    const language = wantsJson ? DEFAULT_LANGUAGE : languageOf(ctx);
    const { rows, next } = await pageOf(account.id, filter, { ...parts, language });
    if (wantsJson) {
      ctx.body = { events: rows, next: next ?? null };
      return undefined;
    }
    parts.render(ctx, 'activity', {
      person: personFace(account),
      now: parts.clock.now(),
      ...(filter.kind && { kind: filter.kind }),
      events: rows.map((row) => ({ ...row, ...nameOf(row, language, parts) })),
      ...(next !== undefined && { nextHref: hrefOf({ kind: filter.kind, after: next }) }),
      isFirst: filter.after === undefined,
      downloadHref: `${hrefOf({ kind: filter.kind })}${filter.kind ? '&' : '?'}download`,
    });
    return undefined;
  });
}

function filterOf(ctx: Context): ActivityFilter {
  const { kind, after } = ctx.query;
  const given = { kind: one(kind), after: one(after) };
  const filter = {
    kind: given.kind === undefined ? undefined : kindNamed(given.kind),
    after: given.after === undefined ? undefined : placeOf(given.after),
  };
  if (given.kind !== undefined && filter.kind === undefined) throw badQuery();
  if (given.after !== undefined && filter.after === undefined) throw badQuery();
  return filter;
}

/** Empty says nothing: the form of the filter sends "all" like that. */
function one(value: string | string[] | undefined): string | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  return first === '' ? undefined : first;
}

interface Page {
  readonly rows: readonly EventRow[];
  readonly next: string | undefined;
}

async function pageOf(
  accountId: string,
  filter: ActivityFilter,
  { store, language }: Pick<ActivityParts, 'store'> & { readonly language: Language },
): Promise<Page> {
  const found = await store.activity.list(accountId, filter, PAGE + 1);
  const events = found.slice(0, PAGE);
  const last = events.at(-1);
  const rows = await Promise.all(events.map((event) => rowOf(event, store.logouts, language)));
  return { rows, next: found.length > PAGE && last ? cursorAfter(last) : undefined };
}

async function rowOf(
  event: ActivityEvent,
  logouts: ActivityParts['store']['logouts'],
  language: Language,
): Promise<EventRow> {
  const { logoutId } = event;
  // What was told of an app that ended for everybody is about others, too.
  if (logoutId === undefined || event.detail?.['target'] === 'client') return eventRow(event, undefined, language);
  return eventRow(event, countStates(await logouts.apps(logoutId)), language);
}

/** Page after page as the reader takes it, so that a month of a busy account needs no more memory than a quiet one's. */
function download(ctx: Context, accountId: string, filter: ActivityFilter, parts: ActivityParts): void {
  ctx.type = 'application/x-ndjson';
  ctx.attachment(`activity-${new Date(parts.clock.now()).toISOString().slice(0, 10)}.jsonl`);
  ctx.body = Readable.from(lines(accountId, filter, parts));
}

async function* lines(accountId: string, filter: ActivityFilter, parts: ActivityParts): AsyncGenerator<string> {
  let rest: ActivityFilter | undefined = filter;
  while (rest) {
    const { rows, next }: Page = await pageOf(accountId, rest, { ...parts, language: DEFAULT_LANGUAGE });
    yield rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    rest = next === undefined ? undefined : { ...filter, after: placeOf(next) };
  }
}

function nameOf(
  { client_id: id }: EventRow,
  language: Language,
  { clientOf }: ActivityParts,
): { readonly appName?: string } {
  if (id === null) return {};
  const client = clientOf(id);
  return { appName: client ? appName(client, language) : id };
}

function hrefOf(query: { readonly kind?: string | undefined; readonly after?: string | undefined }): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '/activity' : `/activity?${new URLSearchParams(given)}`;
}

function badQuery(): AppError {
  return new AppError({ code: 'bad_request', status: 400, words: 'error.bad_request' });
}
