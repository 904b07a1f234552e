import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { seatOfSession } from '../../activity/activity-event.ts';
import type { Seat } from '../../activity/news.ts';
import type { EndSessions } from '../../logout/end-sessions.ts';
import type { Store } from '../../store/store.ts';
import { languageOf } from '../language.ts';
import { formOf } from '../middleware/read-body.ts';
import type { Act, ActFacts } from '../own-pages/ask-first.ts';
import { measureAct } from '../own-pages/measure-act.ts';
import { personOf, type SignedInOnly } from '../own-pages/signed-in.ts';
import { seeOther } from '../see-other.ts';
import { answerLogout } from './answer-logout.ts';
import type { EndOwnParts } from './end-own.ts';

export interface NotMeParts extends EndOwnParts {
  readonly store: EndOwnParts['store'] & Pick<Store, 'sessions'>;
  readonly endSessions: EndSessions;
  readonly signedInOnly: SignedInOnly;
  /** Reads a form and checks its csrf field. */
  readonly takeForm: Middleware;
}

const NOT_ME = '/not-me';

/**
 * "That wasn't me", by somebody who is signed in: everything ends, also here, and nothing but a new password lets anybody in.
 * Field `session`: the one that was somebody else's, for the activity.
 */
export function mountNotMe(router: Router, parts: NotMeParts): void {
  const guard = parts.signedInOnly(NOT_ME);

  router.get(NOT_ME, guard, async (ctx) => {
    const { session } = ctx.query;
    const hidden = typeof session === 'string' ? [{ name: 'session', value: session }] : [];
    await parts.askFirst.show(ctx, actOf(ctx, parts), hidden);
  });

  router.post(NOT_ME, parts.takeForm, guard, async (ctx) => {
    if (!(await parts.askFirst.mayGoOn(ctx, actOf(ctx, parts)))) return;
    const { account, browser } = personOf(ctx);
    const ended = await parts.endSessions(
      { kind: 'account', accountId: account.id },
      {
        reason: 'not-me',
        actor: { kind: 'user', id: account.id },
        accountChange: { mustChangePassword: true },
        browserUid: browser.session.uid,
        from: await seatOf(ctx, parts),
      },
    );
    parts.clearSessionCookie(ctx);
    if (ended.kind === 'nothing') return seeOther(ctx, '/devices');
    await answerLogout(ctx, ended, { client: undefined, continueUri: undefined }, parts);
  });
}

function actOf(ctx: Context, parts: NotMeParts): Act & { readonly confirm: () => Promise<ActFacts> } {
  const reader = { ...personOf(ctx), language: languageOf(ctx) };
  return { proof: 'one', backHref: '/devices', confirm: () => measureAct('not-me', reader, parts) };
}

/** The session that the form names, where it is one of this account; else this one. */
async function seatOf(ctx: Context, { store }: NotMeParts): Promise<Seat> {
  const { account, browser } = personOf(ctx);
  const named = await store.sessions.get(formOf(ctx).values.get('session') ?? '');
  const session = named?.session.accountId === account.id ? named.session : browser.session;
  return seatOfSession(session);
}
