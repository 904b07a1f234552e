import type { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import { seatOfSession } from '../../activity/activity-event.ts';
import type { EndSessions } from '../../logout/end-sessions.ts';
import type { Session } from '../../sessions/session.ts';
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
    const named = typeof session === 'string' ? session : undefined;
    const hidden = named === undefined ? [] : [{ name: 'session', value: named }];
    await parts.askFirst.show(ctx, actOf(ctx, named, parts), hidden);
  });

  router.post(NOT_ME, parts.takeForm, guard, async (ctx) => {
    const named = formOf(ctx).values.get('session');
    if (!(await parts.askFirst.mayGoOn(ctx, actOf(ctx, named, parts)))) return;
    const { account, browser } = personOf(ctx);
    const session = (await own(ctx, named, parts)) ?? browser.session;
    const ended = await parts.endSessions(
      { kind: 'account', accountId: account.id },
      {
        reason: 'not-me',
        actor: { kind: 'user', id: account.id },
        accountChange: { mustChangePassword: true },
        browserUid: browser.session.uid,
        from: seatOfSession(session),
      },
    );
    parts.clearSessionCookie(ctx);
    if (ended.kind === 'nothing') return seeOther(ctx, '/devices');
    await answerLogout(ctx, ended, { client: undefined, continueUri: undefined }, parts);
  });
}

function actOf(ctx: Context, named: string | undefined, parts: NotMeParts): ConfirmedAct {
  const reader = { ...personOf(ctx), language: languageOf(ctx) };
  return {
    proof: 'one',
    backHref: '/devices',
    async confirm() {
      const session = await own(ctx, named, parts);
      return { ...(await measureAct('not-me', reader, parts)), ...(session && { device: session.device.name }) };
    },
  };
}

type ConfirmedAct = Act & { readonly confirm: () => Promise<ActFacts> };

/** The session of this id, where it is one of this account. */
async function own(ctx: Context, named = '', { store }: NotMeParts): Promise<Session | undefined> {
  const view = await store.sessions.get(named);
  return view?.session.accountId === personOf(ctx).account.id ? view.session : undefined;
}
