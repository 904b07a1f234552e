import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Client } from '../../clients/client-file.ts';
import { AppError, pageOld } from '../../errors.ts';
import type { Cause, Ended, EndSessions } from '../../logout/end-sessions.ts';
import type { EndTarget, Scope } from '../../logout/logout.ts';
import { decideLogout, type LogoutDecision } from '../../logout/logout-policy.ts';
import type { EndSessionRequest } from '../../oidc/end-session-request.ts';
import type { Log } from '../../ops/log.ts';
import { liveParticipations } from '../../sessions/session.ts';
import type { HeldSession, Store } from '../../store/store.ts';
import type { ErrorKey } from '../../words/en/errors.ts';
import { appFace } from '../app-face.ts';
import { keepLanguage, languageOf, wishLanguage } from '../language.ts';
import { onlyVisits } from '../middleware/only-visits.ts';
import { formOf } from '../middleware/read-body.ts';
import { seeOther } from '../see-other.ts';
import { leadBackTo } from '../way-back.ts';
import { answerAccountSwitch } from './account-switch.ts';
import { type AnswerLogoutParts, answerLogout, answerSignedOut, type Onward } from './answer-logout.ts';
import { explainFault } from './end-session-faults.ts';
import { type SignOffPageParts, signOffPage } from './sign-off-page.ts';
import { readScope, type SignOffTickets } from './sign-off-ticket.ts';

export interface EndSessionParts extends AnswerLogoutParts, SignOffPageParts {
  readonly store: SignOffPageParts['store'] & {
    readonly deliveries: Pick<Store['deliveries'], 'find'>;
    readonly sessions: Pick<Store['sessions'], 'list' | 'get'>;
  };
  readonly endSessions: EndSessions;
  /** For what strangers can cause. */
  readonly boundedLog: Pick<Log, 'info'>;
  readonly issuer: string;
  readonly tickets: SignOffTickets;
  readonly sessionOf: (ctx: Context) => Promise<HeldSession | undefined>;
  readonly clearSessionCookie: (ctx: Context) => void;
  readonly readRequest: (parameters: URLSearchParams, browser: HeldSession | undefined) => Promise<EndSessionRequest>;
  /** The parameters of this GET: parked ones of a POST before it, else its query. */
  readonly parametersOf: (ctx: Context) => Promise<URLSearchParams>;
  /** Lets the page at hand be had once more, in another language, at an address without them. */
  readonly parkAgain: (ctx: Context) => Promise<void>;
  readonly readBody: Middleware;
  readonly checkCsrf: Middleware;
}

/** Where the forms of all pages about signing off are sent. */
const CONFIRM = '/session/end/confirm';

/**
 * RP-Initiated Logout 1.0, in place of the library's routes. The cookie says whose session ends; the request only how
 * much, and where to go on to. POST comes here as a GET (`post-to-get.ts`).
 */
export function mountEndSession(router: Router, parts: EndSessionParts): void {
  router.get('/session/end', onlyVisits, async (ctx) => {
    const browser = await parts.sessionOf(ctx);
    const parameters = await parts.parametersOf(ctx);
    wishLanguage(ctx, parameters.get('ui_locales'));
    const request = await parts.readRequest(parameters, browser);
    await answerRequest(ctx, request, browser, parts);
  });

  // The library says "sign-out successful" here to whoever asks, signed in or not.
  router.all('/session/end/success', (ctx) => {
    ctx.status = 404;
  });

  const { readBody, checkCsrf } = parts;
  router.post(CONFIRM, readBody, leadBack(parts), answerAccountSwitch(parts), checkCsrf, async (ctx) => {
    await confirm(ctx, parts);
  });
}

/** Should the page be too old, the error page knows the app that it was for. */
function leadBack({ tickets, clientOf, issuer }: EndSessionParts): Middleware {
  return (ctx, next) => {
    const clientId = tickets.clientIdOf(formOf(ctx).values.get('request'));
    leadBackTo(ctx, clientId === undefined ? undefined : clientOf(clientId), issuer);
    return next();
  };
}

async function answerRequest(
  ctx: Context,
  request: EndSessionRequest,
  browser: HeldSession | undefined,
  parts: EndSessionParts,
): Promise<void> {
  const decision = decideLogout({ ...request, signedIn: browser !== undefined, hintLives: isAlive(request) });
  const { client, continueUri } = request;
  switch (decision.kind) {
    case 'refuse':
      parts.boundedLog.info('logout.request_refused', {
        reason: request.fault,
        description: request.faultDetail,
        ...request.faultFacts,
      });
      parts.render(ctx, 'error', explainFault(request, keepLanguage(ctx, CONFIRM), languageOf(ctx)), { status: 400 });
      return;
    case 'already-out':
      answerSignedOut(ctx, { client, continueUri: decision.redirects ? continueUri : undefined }, parts);
      return;
    case 'ask-own':
      await parts.parkAgain(ctx);
      askOwn(ctx, request, parts);
      return;
    case 'ask': {
      // Of two clicks the first may have ended the session since we looked: whoever is out is not asked.
      const still = await parts.sessionOf(ctx);
      if (still === undefined) await answerRequest(ctx, { ...request, liveSid: undefined }, undefined, parts);
      else await askFirst(ctx, decision, request, still, parts);
      return;
    }
    case 'proceed': {
      const cause = { reason: 'app', actor: { kind: 'client', id: client?.client_id ?? '' } } as const;
      const agreed = { scope: decision.scope, client, continueUri, cause, askedSid: request.liveSid };
      await proceed(ctx, agreed, signedIn(browser), parts);
      return;
    }
  }
}

async function askFirst(
  ctx: Context,
  ask: Extract<LogoutDecision, { kind: 'ask' }>,
  request: EndSessionRequest,
  browser: HeldSession,
  parts: EndSessionParts,
): Promise<void> {
  const sealed = parts.tickets.seal({
    about: { kind: 'session', uid: browser.session.uid, askedSid: request.liveSid },
    clientId: request.client?.client_id,
    continueUri: ask.redirects ? request.continueUri : undefined,
  });
  await parts.parkAgain(ctx);
  const action = keepLanguage(ctx, CONFIRM);
  const page = await signOffPage({ ask, request, browser, form: { action, sealed }, language: languageOf(ctx) }, parts);
  if (page === undefined) answerSignedOut(ctx, { client: request.client, continueUri: undefined }, parts);
  else parts.render(ctx, 'sign-off', page);
}

/** Nobody is signed in in this browser, but the app proves by its hint that somebody still is with it. */
function askOwn(ctx: Context, { client, liveSid, continueUri }: EndSessionRequest, parts: EndSessionParts): void {
  if (client === undefined || liveSid === undefined) throw new Error('decided for a participation that is not there');
  const about = { kind: 'participation', sid: liveSid } as const;
  const request = parts.tickets.seal({ about, clientId: client.client_id, continueUri });
  const form = { action: keepLanguage(ctx, CONFIRM), hidden: [{ name: 'request', value: request }] };
  parts.render(ctx, 'sign-off-app', { form, app: appFace(client, languageOf(ctx)) });
}

/** The answer of a sign-off page, or of an error page that offered to sign out (without a ticket). */
async function confirm(ctx: Context, parts: EndSessionParts): Promise<void> {
  const { values, duplicated } = formOf(ctx);
  if (duplicated.length > 0) throw badForm('error.form_twice');
  const ticket = parts.tickets.open(values.get('request'));
  const client = ticket?.clientId === undefined ? undefined : parts.clientOf(ticket.clientId);
  const onward = { client, continueUri: client && ticket?.continueUri };
  const decision = values.get('decision');
  if (decision === 'stay') return seeOther(ctx, client?.client_uri ?? '/');
  if (decision !== 'sign-out') throw badForm('error.form_decision');
  if (ticket?.about.kind === 'participation') return endOwn(ctx, ticket.about.sid, onward, parts);
  const scope = readScope(values.get('scope'));
  if (scope === undefined) throw badForm('error.form_scope');
  const browser = await parts.sessionOf(ctx);
  if (browser === undefined) return answerSignedOut(ctx, onward, parts);
  if (ticket !== undefined && ticket.about.uid !== browser.session.uid) throw pageOld();
  const cause = { reason: 'user', actor: { kind: 'user', id: browser.session.accountId } } as const;
  await proceed(ctx, { ...onward, scope, cause, askedSid: ticket?.about.askedSid }, browser, parts);
}

interface Agreed {
  readonly scope: Scope;
  readonly client: Client | undefined;
  readonly continueUri: string | undefined;
  readonly cause: Pick<Cause, 'reason' | 'actor'>;
  readonly askedSid: string | undefined;
  /** The session of this browser. */
  readonly browserUid?: string;
}

/** Ends what was agreed on, here and now. */
async function proceed(ctx: Context, agreed: Agreed, browser: HeldSession, parts: EndSessionParts): Promise<void> {
  const target = await targetOf(agreed.scope, agreed.client, browser, parts);
  const ended: Ended = target
    ? await end(target, { ...agreed, browserUid: browser.session.uid }, parts)
    : { kind: 'nothing' };
  if (!isAppOnly(agreed.scope)) parts.clearSessionCookie(ctx);
  else if (ended.kind === 'nothing' && agreed.continueUri === undefined) {
    // The session lives: to say "nobody is signed in" would be a lie.
    seeOther(ctx, '/');
    return;
  }
  await answerLogout(ctx, ended, agreed, parts);
}

function end(target: EndTarget, agreed: Agreed, parts: EndSessionParts): Promise<Ended> {
  const { scope, client, continueUri, cause, askedSid, browserUid } = agreed;
  return parts.endSessions(target, {
    ...cause,
    scope,
    askedSid,
    browserUid,
    ...(client && { clientId: client.client_id }),
    ...(continueUri !== undefined && { continueUri }),
  });
}

/** What a scope means in this browser. Undefined where the app has nothing (left) here to end. */
async function targetOf(
  scope: Scope,
  client: Client | undefined,
  { session }: HeldSession,
  { store }: EndSessionParts,
): Promise<EndTarget | undefined> {
  if (scope === 'all-here') return { kind: 'session', uid: session.uid };
  if (scope === 'all-everywhere') return { kind: 'account', accountId: session.accountId };
  if (client === undefined) throw badForm('error.form_no_app');
  if (scope === 'app-everywhere') {
    return { kind: 'account-client', accountId: session.accountId, clientId: client.client_id };
  }
  const [own] = liveParticipations(await store.sessions.get(session.uid)).filter(
    (one) => one.clientId === client.client_id,
  );
  return own && { kind: 'participation', sid: own.sid };
}

/**
 * What a hint alone may end: that sign-in of the app, never the session, never offline access. Whoever holds an ID token
 * can come this far, and it is no logout button (RP-Initiated Logout §6).
 */
async function endOwn(ctx: Context, sid: string, onward: Onward, parts: EndSessionParts): Promise<void> {
  const cause = { reason: 'app', actor: { kind: 'client', id: onward.client?.client_id ?? '' } } as const;
  const target = { kind: 'participation', sid, offline: 'kept' } as const;
  const agreed = { ...onward, scope: 'app-here', cause, askedSid: sid } as const;
  await answerLogout(ctx, await end(target, agreed, parts), agreed, parts);
}

function isAlive({ liveSid }: EndSessionRequest): boolean {
  return liveSid !== undefined;
}

function isAppOnly(scope: Scope): boolean {
  return scope === 'app-here' || scope === 'app-everywhere';
}

/** The policy asks or proceeds only where somebody is signed in. */
function signedIn(browser: HeldSession | undefined): HeldSession {
  if (browser === undefined) throw new Error('decided for a session that is not there');
  return browser;
}

function badForm(words: ErrorKey): AppError {
  return new AppError({ code: 'bad_form', status: 400, words });
}
