import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Client } from '../../clients/client-file.ts';
import { AppError } from '../../errors.ts';
import type { OnSettled } from '../../logout/wait-for-apps.ts';
import type { Clock } from '../../ops/clock.ts';
import type { OwnCursor, Store } from '../../store/store.ts';
import { type EventStreams, tooManyStreams } from '../event-streams.ts';
import { follow } from '../follow.ts';
import { languageOf } from '../language.ts';
import { formOf } from '../middleware/read-body.ts';
import { cursorOf, deviceJson, deviceRow } from '../own-pages/device-rows.ts';
import type { DeviceRow, DevicesPage } from '../own-pages/own-page-models.ts';
import { type Person, personOf, type SignedInOnly } from '../own-pages/signed-in.ts';
import { personFace } from '../person-face.ts';
import type { Renderer } from '../render.ts';
import { seeOther } from '../see-other.ts';
import { createEndOwn, type EndOwnParts } from './end-own.ts';

export interface DevicesParts extends EndOwnParts {
  readonly store: EndOwnParts['store'] & {
    readonly sessions: Pick<Store['sessions'], 'get' | 'own' | 'reach' | 'nameDevice'>;
  };
  readonly render: Renderer['render'];
  readonly clock: Clock;
  readonly clientOf: (clientId: string) => Client | undefined;
  readonly streams: EventStreams;
  readonly onSettled: OnSettled;
  readonly secondStep: { readonly enabled: boolean };
  readonly signedInOnly: SignedInOnly;
  /** Reads a form and checks its csrf field. */
  readonly takeForm: Middleware;
}

const DEVICES = '/devices';

/** Rows on one page. */
const PAGE = 50;
/** How long what ended stays in sight. */
const ENDED_SHOWN_MS = 7 * 24 * 60 * 60 * 1000;
const NAME_CHARS_MAX = 60;
/** An open page looks again no more often than this, whatever settles, */
const LOOK_AT_MOST_EVERY_MS = 1_000;
/** and this often although nothing was heard: what ends at another process, or begins, is not told here. */
const LOOK_EVERY_MS = 5_000;

/** `/devices`: where am I signed in, and end it. */
export function mountDevices(router: Router, parts: DevicesParts): void {
  const guard = parts.signedInOnly(DEVICES);

  router.get(DEVICES, guard, async (ctx) => {
    const { rows, next } = await readPage(ctx, personOf(ctx), parts);
    ctx.vary('Accept');
    ctx.set('Cache-Control', 'no-store');
    if (ctx.accepts('html', 'json') === 'json') ctx.body = { sessions: rows.map(deviceJson), next: next ?? null };
    else parts.render(ctx, 'devices', await page(ctx, rows, next, parts));
  });

  router.get(`${DEVICES}/events`, guard, async (ctx) => {
    const person = personOf(ctx);
    const { uid } = person.browser.session;
    const first = await readPage(ctx, person, parts);
    const stream = parts.streams.open(ctx, `devices ${person.account.id}`);
    if (stream === undefined) throw tooManyStreams();
    follow(stream, first, {
      event: 'devices',
      everyMs: { atMost: LOOK_AT_MOST_EVERY_MS, atLeast: LOOK_EVERY_MS },
      look: () => readPage(ctx, person, parts),
      message: ({ rows }) => ({ sessions: rows.map(deviceJson) }),
      // The page is read again all the same: it is a sign-in page then.
      isOver: ({ rows }) => !rows.some((row) => row.id === uid && row.current && !row.ended),
      isGone: () => false,
      signals: parts.onSettled,
    });
  });

  router.post(`${DEVICES}/end`, parts.takeForm, guard, createEndOwn(parts));

  router.post(`${DEVICES}/name`, parts.takeForm, guard, async (ctx) => {
    const { values } = formOf(ctx);
    const name = readName(values.get('name'));
    const { accountId } = personOf(ctx).browser.session;
    await parts.store.sessions.nameDevice(accountId, values.get('session') ?? '', name, parts.clock.now());
    seeOther(ctx, DEVICES);
  });
}

interface Read {
  readonly rows: readonly DeviceRow[];
  /** What `?after=` takes to go on; undefined on the last page. */
  readonly next: string | undefined;
}

async function readPage(ctx: Context, { browser }: Person, { store, clock, clientOf }: DevicesParts): Promise<Read> {
  const { uid, accountId } = browser.session;
  const after = readCursor(ctx.query['after']);
  const now = clock.now();
  const found = await store.sessions.own(accountId, {
    firstUid: uid,
    now,
    endedSince: now - ENDED_SHOWN_MS,
    limit: PAGE + 1,
    ...(after && { after }),
  });
  const shown = found.slice(0, PAGE);
  const last = found.length > PAGE ? shown.at(-1) : undefined;
  return {
    rows: shown.map((own) => deviceRow(own, uid, clientOf, languageOf(ctx))),
    next: last && cursorText(cursorOf(last)),
  };
}

async function page(
  ctx: Context,
  rows: readonly DeviceRow[],
  next: string | undefined,
  { clock, store, secondStep }: DevicesParts,
): Promise<DevicesPage> {
  const { account, browser } = personOf(ctx);
  const reach = await store.sessions.reach(account.id, browser.session.uid);
  return {
    person: personFace(account),
    now: clock.now(),
    rows,
    others: reach.sessions,
    ...(ctx.query['after'] === undefined && { events: `${DEVICES}/events` }),
    end: { action: `${DEVICES}/end` },
    name: { action: `${DEVICES}/name` },
    ...(ctx.query['after'] !== undefined && { firstHref: DEVICES }),
    ...(secondStep.enabled && { factorsHref: '/account/factors' }),
    ...(next !== undefined && { nextHref: `${DEVICES}?${new URLSearchParams({ after: next })}` }),
  };
}

function cursorText({ state, at, uid }: OwnCursor): string {
  return `${state}.${at}.${uid}`;
}

/** Whatever is no cursor begins at the beginning. */
function readCursor(text: unknown): OwnCursor | undefined {
  const [, state, at, uid] = /^(live|ended)\.(\d{1,15})\.([\w-]{1,100})$/.exec(String(text)) ?? [];
  return (state === 'live' || state === 'ended') && uid !== undefined ? { state, at: Number(at), uid } : undefined;
}

/** Undefined takes the name back. Signs that nobody sees are no part of it. */
function readName(text = ''): string | undefined {
  const name = text
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  if ([...name].length > NAME_CHARS_MAX) throw tooLong();
  return name === '' ? undefined : name;
}

function tooLong(): AppError {
  return new AppError({ code: 'bad_form', status: 400, words: 'error.name_too_long' });
}
