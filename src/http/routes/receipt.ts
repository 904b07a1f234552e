import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { appName } from '../../clients/app-name.ts';
import type { Client } from '../../clients/client-file.ts';
import { AppError } from '../../errors.ts';
import type { Logout } from '../../logout/logout.ts';
import { type Receipt, type Receipts, receiptJson } from '../../logout/receipt.ts';
import type { OnSettled } from '../../logout/wait-for-apps.ts';
import type { Clock } from '../../ops/clock.ts';
import type { DeliveryStore, HeldSession } from '../../store/store.ts';
import type { Language } from '../../words/language.ts';
import { type EventStreams, tooManyStreams } from '../event-streams.ts';
import { follow } from '../follow.ts';
import { languageOf } from '../language.ts';
import type { ReceiptDetail, ReceiptPage } from '../receipt-models.ts';
import type { Renderer } from '../render.ts';
import { seeOther } from '../see-other.ts';
import { isMarked } from './receipt-cookie.ts';

export interface ReceiptRouteParts {
  readonly receipts: Receipts;
  readonly render: Renderer['render'];
  readonly streams: EventStreams;
  readonly onSettled: OnSettled;
  readonly clock: Clock;
  readonly clientOf: (clientId: string) => Client | undefined;
  readonly issuer: string;
  readonly store: { readonly deliveries: Pick<DeliveryStore, 'list'> };
  readonly sessionOf: (ctx: Context) => Promise<HeldSession | undefined>;
  /** Reads a form and checks its csrf field. */
  readonly takeForm: Middleware;
}

/** A large logout settles many batches a second, and each look counts all of it. */
const LOOK_AT_MOST_EVERY_MS = 1_000;
/** How often an open stream looks at the store although nobody signalled: another process may be the one that delivers. */
const LOOK_EVERY_MS = 2_000;

const FRAMES_MAX = 50;
const FRAMES_WITHIN_MS = 30_000;

/**
 * `/logout/<id>`: what became of a logout. The id is the permission to see counts; names, reason and the address to go on
 * to are for the browser that signed off, or a session of that account (DESIGN §5).
 */
export function mountReceipt(router: Router, parts: ReceiptRouteParts): void {
  router.get('/logout/:id', async (ctx) => {
    const found = await find(ctx, parts);
    ctx.vary('Accept');
    if (ctx.accepts('html', 'json') === 'json') ctx.body = receiptJson(found.receipt, found.full);
    else parts.render(ctx, 'receipt', await pageOf(ctx, found, parts));
  });

  router.get('/logout/:id/events', async (ctx) => {
    const first = await find(ctx, parts);
    const { receipt } = first;
    const stream = parts.streams.open(ctx, receipt.logout.id);
    if (stream === undefined) throw tooManyStreams();
    const { id } = receipt.logout;
    follow(stream, first, {
      event: 'receipt',
      everyMs: { atMost: LOOK_AT_MOST_EVERY_MS, atLeast: LOOK_EVERY_MS },
      look: () => find(ctx, parts),
      message: (now) => receiptJson(now.receipt, now.full),
      isOver: (now) => now.receipt.state === 'settled',
      isGone,
      signals: (changed) => parts.onSettled((logoutIds) => logoutIds.includes(id) && changed()),
    });
  });

  router.post('/logout/:id', parts.takeForm, async (ctx) => {
    const { full, own } = await find(ctx, parts);
    // What its owner finds again by its own id is kept like the activity that tells of it.
    if (!full || own) throw notFound();
    await parts.receipts.close(idOf(ctx));
    // Not on to the app: there is a link for that, and Chromium lets a form go to its own origin only (form-action).
    seeOther(ctx, '/');
  });
}

function idOf(ctx: Context): string {
  return String(ctx['params'].id);
}

/**
 * `full`: who asks may see names. Judged at each look: the mark lasts 15 minutes, and a session may have ended. `own`: opened by
 * the logout's own id.
 */
interface Found {
  readonly receipt: Receipt;
  readonly full: boolean;
  readonly own: boolean;
}

async function find(ctx: Context, parts: ReceiptRouteParts): Promise<Found> {
  const { receipts, sessionOf, clock } = parts;
  const receipt = await receipts.byLink(idOf(ctx));
  if (receipt === undefined) return { receipt: await ownReceipt(ctx, parts), full: true, own: true };
  const full = isMarked(ctx, idOf(ctx), clock.now()) || isOwn(receipt, await sessionOf(ctx));
  return { receipt, full, own: false };
}

/**
 * From the devices page: by the logout's own id, which opens nothing but for a session of its account, as long as it is kept.
 * The link was handed out once, when it ended, and nobody could find it again.
 */
async function ownReceipt(ctx: Context, { receipts, sessionOf }: ReceiptRouteParts): Promise<Receipt> {
  const browser = await sessionOf(ctx);
  const receipt = browser && (await receipts.byLogout(idOf(ctx)));
  if (receipt === undefined || !isOwn(receipt, browser)) throw notFound();
  return receipt;
}

/** A logout that is about everybody (a client's removal) is nobody's own. */
function isOwn({ logout }: Receipt, browser: HeldSession | undefined): boolean {
  return logout.accountId !== undefined && logout.accountId === browser?.session.accountId;
}

async function pageOf(ctx: Context, { receipt, full, own }: Found, parts: ReceiptRouteParts): Promise<ReceiptPage> {
  const { told, trying, refused, moot } = receipt.counts;
  const href = `/logout/${idOf(ctx)}`;
  return {
    href,
    at: receipt.logout.at,
    now: parts.clock.now(),
    state: receipt.state,
    counts: {
      told,
      trying,
      refused,
      moot,
      givenUp: receipt.counts['given-up'],
      cannotBeTold: receipt.counts['cannot-be-told'],
      askedBrowser: receipt.counts['asked-browser'],
      notAskedFor: receipt.counts['not-asked-for'],
    },
    stay: own || ctx.query['stay'] === '1',
    ...(full && {
      detail: {
        ...detailOf(receipt, languageOf(ctx), parts),
        scope: scopeOf(receipt.logout, own),
        frames: await framesOf(ctx, receipt, parts),
        ...(!own && { done: { action: href } }),
      },
    }),
  };
}

function detailOf(
  { logout, apps, continueUri }: Receipt,
  language: Language,
  { clientOf }: ReceiptRouteParts,
): Omit<ReceiptDetail, 'scope' | 'frames' | 'done'> {
  const asker = apps.find((app) => app.clientId === logout.clientId);
  const nameOf = ({ clientId, name }: Receipt['apps'][number]) => {
    const client = clientOf(clientId);
    return client ? appName(client, language) : name;
  };
  return {
    reason: logout.reason,
    apps: apps.map((app) => {
      const uri = clientOf(app.clientId)?.client_uri;
      return {
        clientId: app.clientId,
        name: nameOf(app),
        state: app.state,
        sessions: app.sessions,
        attempts: app.attempts,
        ...(app.nextAttemptAt !== undefined && { nextAttemptAt: app.nextAttemptAt }),
        ...(app.lastStatus !== undefined && { lastStatus: app.lastStatus }),
        ...(uri !== undefined && { uri }),
      };
    }),
    ...(continueUri !== undefined && { continueUri }),
    ...(asker !== undefined && { continueName: nameOf(asker) }),
  };
}

/**
 * Addresses of apps that are told by this browser alone (Front-Channel Logout 1.0 §2), for the one that signed off, and while
 * its cookies at the apps are still those that it had. Best effort: nobody hears what comes of it.
 */
async function framesOf(
  ctx: Context,
  { logout, counts }: Receipt,
  parts: ReceiptRouteParts,
): Promise<readonly string[]> {
  const { clock, clientOf, issuer, store } = parts;
  const isFresh = clock.now() - logout.at < FRAMES_WITHIN_MS;
  if (counts['asked-browser'] === 0 || !isFresh || !isMarked(ctx, idOf(ctx), clock.now())) return [];
  const asked = await store.deliveries.list({ logoutId: logout.id, state: 'asked-browser' }, { limit: FRAMES_MAX });
  return asked.flatMap(({ clientId, sid }) => {
    const address = clientOf(clientId)?.frontchannel_logout_uri;
    if (address === undefined) return [];
    const url = new URL(address);
    url.searchParams.set('iss', issuer);
    url.searchParams.set('sid', sid);
    return [url.href];
  });
}

/** Whoever looks a receipt up again may sit at another device by now: "this device" would be a lie. */
function scopeOf({ scope, target }: Logout, own: boolean): ReceiptDetail['scope'] {
  if (scope !== undefined && !(own && (scope === 'app-here' || scope === 'all-here'))) return scope;
  return target.kind === 'account' && target.exceptUid !== undefined ? 'others' : SCOPE_OF_TARGET[target.kind];
}

const SCOPE_OF_TARGET = {
  session: 'session',
  participation: 'app',
  account: 'account',
  'account-client': 'app-everywhere',
  client: 'client',
  everybody: 'account',
} as const;

function notFound(): AppError {
  return new AppError({
    code: 'no_receipt',
    status: 404,
    words: 'error.no_receipt',
  });
}

function isGone(error: unknown): boolean {
  return error instanceof AppError && error.status === 404;
}
