import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { canBeTold } from '../../clients/can-be-told.ts';
import type { Client } from '../../clients/client-file.ts';
import { type AppError, cookiesOff, pageOld } from '../../errors.ts';
import type { ExtraScopes } from '../../extra-scopes.ts';
import type { InteractionDetails } from '../../oidc/interaction-details.ts';
import type { Interaction } from '../../oidc/interaction-lookup.ts';
import type { Continuation, Interactions } from '../../oidc/interactions.ts';
import type { OwnSignIn } from '../../oidc/own-sign-in.ts';
import { appFace } from '../app-face.ts';
import { languageOf } from '../language.ts';
import type { RateLimit } from '../middleware/rate-limit.ts';
import { formOf } from '../middleware/read-body.ts';
import { personFace } from '../person-face.ts';
import type { Renderer } from '../render.ts';
import { permissionsOf } from '../scope-words.ts';
import { seeOther } from '../see-other.ts';
import { leadBackTo, rememberWayBack, wayBackOf } from '../way-back.ts';
import { createSecondStepPage, type SecondStepPageParts } from './second-step.ts';
import { createSignIn, type SignInParts } from './sign-in.ts';

export interface InteractionParts extends SignInParts, SecondStepPageParts {
  readonly render: Renderer['render'];
  readonly interactions: Interactions;
  readonly ownSignIn: Pick<OwnSignIn, 'complete'>;
  /** Has the library answer. */
  readonly goOn: (ctx: Context, answered: Interaction) => Promise<void>;
  readonly clientOf: (clientId: string) => Client | undefined;
  readonly issuer: string;
  /** Scopes that the operator added, and the claims they carry. */
  readonly extraScopes: ExtraScopes;
  /** Reads a form and checks its csrf field. */
  readonly takeForm: Middleware;
  readonly rateLimit: RateLimit;
}

type Details = Exclude<InteractionDetails, { kind: 'gone' }>;

/**
 * `/interaction/<uid>`: the page that is due between an app's request and its code. Which one that is, is asked anew at
 * every visit, so that a form sent from an old page cannot answer another question than it showed. `client_id` only says
 * whose page it was when nothing else is left of it.
 */
export function mountInteraction(router: Router, parts: InteractionParts): void {
  const { interactions } = parts;
  const signIn = createSignIn(parts);
  const secondStep = createSecondStepPage(parts);
  const leadBack = createLeadBack(parts);

  router.get('/auth/:uid', leadBack);

  router.get('/interaction/:uid', leadBack, async (ctx) => {
    const details = await due(ctx, parts);
    if (details.kind !== 'overtaken' && details.answered && !isOwn(details)) throw notNeeded(ctx, details.signedIn);
    if (isOvertaken(details)) await go(ctx, await interactions.startOver(ctx, uidOf(ctx)));
    else if (details.kind === 'sign-in') await signIn.show(ctx, details);
    else if (details.kind === 'second-step') await goOnOrShow(ctx, details);
    else if (details.kind === 'consent') showConsent(ctx, details, parts);
    else showContinue(ctx, details, parts);
  });

  router.get('/signed-in/:uid', async (ctx) => {
    seeOther(ctx, await parts.ownSignIn.complete(ctx, uidOf(ctx)));
  });

  router.post('/interaction/:uid', parts.rateLimit.countRefused, leadBack, parts.takeForm, async (ctx) => {
    const next = await answer(ctx, await due(ctx, parts));
    if (next !== undefined) await go(ctx, next);
  });

  async function go(ctx: Context, next: Continuation): Promise<void> {
    if (next.kind === 'at-once') await parts.goOn(ctx, next.answered);
    else seeOther(ctx, next.address);
  }

  /** What was added on the way in needs no further proof. */
  async function goOnOrShow(ctx: Context, details: Extract<Details, { kind: 'second-step' }>): Promise<void> {
    if (details.proof === undefined) await secondStep.show(ctx, details);
    else await go(ctx, await interactions.finishSecondStep(ctx, details.uid, details.proof));
  }

  /** Undefined when the page was shown again. */
  async function answer(ctx: Context, details: Details): Promise<Continuation | undefined> {
    const uid = uidOf(ctx);
    if (details.kind === 'overtaken') return interactions.startOver(ctx, uid);
    if (details.kind === 'sign-in') return signIn.take(ctx, details);
    if (details.kind === 'second-step') return secondStep.take(ctx, details);
    const decision = formOf(ctx).values.get('decision');
    if (details.kind === 'consent' && (decision === 'allow' || decision === 'deny')) {
      return interactions.finishConsent(ctx, uid, decision);
    }
    if (details.kind === 'continue' && (decision === 'continue' || decision === 'other')) {
      return interactions.finishContinue(ctx, uid, decision);
    }
    return { kind: 'elsewhere', address: details.address };
  }
}

/** A page that waited, a tab of last week: where the session is there by now, nobody types a password again. */
function isOvertaken(details: Details): details is Extract<Details, { overtaken: true }> {
  return details.kind === 'overtaken' || (details.kind === 'sign-in' && (details.overtaken || isDone(details)));
}

/** At a page of ours the way back leads through here. */
function isDone(details: Extract<Details, { kind: 'sign-in' }>): boolean {
  return isOwn(details) && details.answered;
}

function isOwn(details: Details): boolean {
  return details.kind === 'sign-in' && details.client === undefined;
}

/** Should this page be too old, the error page knows the app that it was for. */
function createLeadBack({ clientOf, issuer }: InteractionParts): Middleware {
  return (ctx, next) => {
    leadBackTo(ctx, clientOf(String(ctx.query['client_id'])), issuer);
    return next();
  };
}

async function due(ctx: Context, { interactions }: InteractionParts): Promise<Details> {
  const details = await interactions.details(ctx, uidOf(ctx));
  if (details.kind !== 'gone') return details;
  throw details.cookiesOff ? cookiesOff() : notNeeded(ctx, details.signedIn);
}

/** Old, or done already: whoever is signed in only wants to go on. */
function notNeeded(ctx: Context, signedIn: boolean): AppError {
  const way = wayBackOf(ctx);
  if (way) rememberWayBack(ctx, { ...way, signedIn });
  return pageOld();
}

function uidOf(ctx: Context): string {
  return String(ctx['params'].uid);
}

function showConsent(
  ctx: Context,
  details: Extract<Details, { kind: 'consent' }>,
  { render, extraScopes }: InteractionParts,
): void {
  const { client, account, scopes } = details;
  render(ctx, 'consent', {
    form: { action: details.address },
    app: appFace(client, languageOf(ctx)),
    person: personFace(account),
    permissions: permissionsOf(scopes, extraScopes),
    canBeTold: canBeTold(client),
  });
}

function showContinue(
  ctx: Context,
  details: Extract<Details, { kind: 'continue' }>,
  { render }: InteractionParts,
): void {
  const { client, account } = details;
  const app = appFace(client, languageOf(ctx));
  render(ctx, 'continue-as', { form: { action: details.address }, app, person: personFace(account) });
}
