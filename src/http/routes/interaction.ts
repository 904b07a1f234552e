import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { canBeTold } from '../../clients/client-file.ts';
import { AppError } from '../../errors.ts';
import type { InteractionDetails, Interactions } from '../../oidc/interactions.ts';
import { appFace } from '../app-face.ts';
import { pageOld } from '../middleware/csrf.ts';
import { formOf } from '../middleware/read-body.ts';
import { personFace } from '../person-face.ts';
import type { Renderer } from '../render.ts';
import { permissionsOf } from '../scope-words.ts';
import { seeOther } from './answer-logout.ts';
import { createSignIn, type SignInParts } from './sign-in.ts';

export interface InteractionParts extends SignInParts {
  readonly render: Renderer['render'];
  readonly interactions: Interactions;
  /** Words for scopes that the operator added. */
  readonly scopeWords: Readonly<Record<string, string>>;
  /** Reads a form and checks its csrf field. */
  readonly takeForm: Middleware;
}

type Details = Exclude<InteractionDetails, { kind: 'gone' }>;

/**
 * `/interaction/<uid>`: the page that is due between an app's request and its code. Which one that is, is asked anew at
 * every visit, so that a form sent from an old page cannot answer another question than it showed.
 */
export function mountInteraction(router: Router, parts: InteractionParts): void {
  const signIn = createSignIn(parts);

  router.get('/interaction/:uid', async (ctx) => {
    const details = await due(ctx, parts);
    if (details.kind === 'sign-in') signIn.show(ctx, details, details.again ? { kind: 'again' } : undefined);
    else if (details.kind === 'consent') showConsent(ctx, details, parts);
    else showContinue(ctx, details, parts);
  });

  router.post('/interaction/:uid', parts.takeForm, async (ctx) => {
    const details = await due(ctx, parts);
    const next = await inTime(() => answer(ctx, details));
    if (next !== undefined) seeOther(ctx, next);
  });

  /** Where to go on to; undefined when the page was shown again. */
  async function answer(ctx: Context, details: Details): Promise<string | undefined> {
    const { interactions } = parts;
    if (details.kind === 'sign-in') return signIn.take(ctx, details);
    const decision = formOf(ctx).values.get('decision');
    if (details.kind === 'consent' && (decision === 'allow' || decision === 'deny')) {
      return interactions.finishConsent(ctx, decision);
    }
    if (details.kind === 'continue' && (decision === 'continue' || decision === 'other')) {
      return interactions.finishContinue(ctx, decision);
    }
    return ctx.path;
  }
}

async function due(ctx: Context, { interactions }: InteractionParts): Promise<Details> {
  const details = await interactions.details(ctx);
  if (details.kind === 'gone') throw pageOld();
  return details;
}

/** "Too late" is the same page wherever it is noticed. */
async function inTime<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof AppError && error.code === 'interaction_gone' ? pageOld(error) : error;
  }
}

function showConsent(
  ctx: Context,
  details: Extract<Details, { kind: 'consent' }>,
  { render, scopeWords }: InteractionParts,
): void {
  const { client, account, scopes } = details;
  render(ctx, 'consent', {
    form: { action: ctx.path },
    app: appFace(client),
    person: personFace(account),
    permissions: permissionsOf(scopes, scopeWords),
    canBeTold: canBeTold(client),
  });
}

function showContinue(
  ctx: Context,
  details: Extract<Details, { kind: 'continue' }>,
  { render }: InteractionParts,
): void {
  const { client, account } = details;
  render(ctx, 'continue-as', { form: { action: ctx.path }, app: appFace(client), person: personFace(account) });
}
