import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Client } from '../../clients/client-file.ts';
import { AppError } from '../../errors.ts';
import { type Receipt, type Receipts, receiptJson } from '../../logout/receipt.ts';
import type { OnSettled } from '../../logout/wait-for-apps.ts';
import type { Clock } from '../../ops/clock.ts';
import type { StoredSession } from '../../store/store.ts';
import type { Language } from '../../words/language.ts';
import { appName } from '../app-face.ts';
import type { EventStream, EventStreams } from '../event-streams.ts';
import { languageOf } from '../language.ts';
import { createPacedLook } from '../paced-look.ts';
import type { ReceiptDetail, ReceiptPage } from '../page-models.ts';
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
  readonly sessionOf: (ctx: Context) => Promise<StoredSession | undefined>;
  /** Reads a form and checks its csrf field. */
  readonly takeForm: Middleware;
}

/** A large logout settles many batches a second, and each look counts all of it. */
const LOOK_AT_MOST_EVERY_MS = 1_000;
/** How often an open stream looks at the store although nobody signalled: another process may be the one that delivers. */
const LOOK_EVERY_MS = 2_000;

/**
 * `/logout/<id>`: what became of a logout. The id is the permission to see counts; names, reason and the address to go on
 * to are for the browser that signed off, or a session of that account (DESIGN §5).
 */
export function mountReceipt(router: Router, parts: ReceiptRouteParts): void {
  router.get('/logout/:id', async (ctx) => {
    const { receipt, full } = await find(ctx, parts);
    ctx.vary('Accept');
    if (ctx.accepts('html', 'json') === 'json') ctx.body = receiptJson(receipt, full);
    else parts.render(ctx, 'receipt', pageOf(ctx, receipt, full, parts));
  });

  router.get('/logout/:id/events', async (ctx) => {
    const { receipt, full } = await find(ctx, parts);
    const stream = parts.streams.open(ctx, receipt.logout.id);
    if (stream === undefined) throw tooManyStreams();
    follow(stream, { receipt, full, again: () => find(ctx, parts) }, parts);
  });

  router.post('/logout/:id', parts.takeForm, async (ctx) => {
    const { full } = await find(ctx, parts);
    if (!full) throw notFound();
    await parts.receipts.close(idOf(ctx));
    // Not on to the app: there is a link for that, and Chromium lets a form go to its own origin only (form-action).
    seeOther(ctx, '/');
  });
}

function idOf(ctx: Context): string {
  return String(ctx['params'].id);
}

/** `full`: who asks may see names. Judged at each look: the mark lasts 15 minutes, and a session may have ended. */
interface Found {
  readonly receipt: Receipt;
  readonly full: boolean;
}

async function find(ctx: Context, { receipts, sessionOf, clock }: ReceiptRouteParts): Promise<Found> {
  const receipt = await receipts.byLink(idOf(ctx));
  if (receipt === undefined) throw notFound();
  return { receipt, full: isMarked(ctx, idOf(ctx), clock.now()) || isOwn(receipt, await sessionOf(ctx)) };
}

/** A logout that is about everybody (a client's removal) is nobody's own. */
function isOwn({ logout }: Receipt, browser: StoredSession | undefined): boolean {
  return logout.accountId !== undefined && logout.accountId === browser?.session.accountId;
}

/** Sends the receipt now and, at most once a second, whenever it changes, until it is settled. */
function follow(
  stream: EventStream,
  first: Found & { again(): Promise<Found> },
  { onSettled }: ReceiptRouteParts,
): void {
  let sent = '';

  function show({ receipt, full }: Found): void {
    const message = receiptJson(receipt, full);
    const text = JSON.stringify(message);
    if (text !== sent) stream.send('receipt', message);
    sent = text;
    if (receipt.state === 'settled') stream.close();
  }

  /** A store that is gone for a moment costs one look, not the stream. */
  async function look(): Promise<void> {
    try {
      show(await first.again());
    } catch (error) {
      if (isGone(error)) stream.close();
    }
  }

  const paced = createPacedLook(LOOK_AT_MOST_EVERY_MS, look);
  const timer = setInterval(paced.ask, LOOK_EVERY_MS);
  const unlisten = onSettled((logoutIds) => {
    if (logoutIds.includes(first.receipt.logout.id)) paced.ask();
  });
  stream.onClose(() => {
    clearInterval(timer);
    paced.stop();
    unlisten();
  });
  show(first);
}

function pageOf(ctx: Context, receipt: Receipt, full: boolean, parts: ReceiptRouteParts): ReceiptPage {
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
    },
    stay: ctx.query['stay'] === '1',
    ...(full && { detail: detailOf(receipt, href, languageOf(ctx), parts) }),
  };
}

function detailOf(
  { logout, apps, continueUri }: Receipt,
  href: string,
  language: Language,
  { clientOf }: ReceiptRouteParts,
): ReceiptDetail {
  const asker = apps.find((app) => app.clientId === logout.clientId);
  const nameOf = ({ clientId, name }: Receipt['apps'][number]) => {
    const client = clientOf(clientId);
    return client ? appName(client, language) : name;
  };
  return {
    scope: logout.scope ?? SCOPE_OF_TARGET[logout.target.kind],
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
    done: { action: href },
  };
}

const SCOPE_OF_TARGET = {
  session: 'session',
  participation: 'app-here',
  account: 'account',
  'account-client': 'app-everywhere',
  client: 'client',
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

function tooManyStreams(): AppError {
  return new AppError({
    code: 'busy',
    status: 503,
    words: 'error.busy_streams',
    retryAfterS: 10,
  });
}
