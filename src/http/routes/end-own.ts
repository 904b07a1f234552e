import type { Context, Middleware } from 'koa';
import type { Client } from '../../clients/client-file.ts';
import { AppError } from '../../errors.ts';
import type { EndSessions } from '../../logout/end-sessions.ts';
import type { EndTarget, Scope } from '../../logout/logout.ts';
import { liveParticipations } from '../../sessions/session.ts';
import type { SessionView, Store } from '../../store/store.ts';
import { languageOf } from '../language.ts';
import { formOf } from '../middleware/read-body.ts';
import type { Act, AskFirst } from '../own-pages/ask-first.ts';
import { measureAct, type Reader } from '../own-pages/measure-act.ts';
import type { Drastic } from '../own-pages/own-page-models.ts';
import { type Person, personOf } from '../own-pages/signed-in.ts';
import { seeOther } from '../see-other.ts';
import { type AnswerLogoutParts, answerLogout } from './answer-logout.ts';

export interface EndOwnParts extends AnswerLogoutParts {
  readonly store: AnswerLogoutParts['store'] & { readonly sessions: Pick<Store['sessions'], 'get' | 'reach'> };
  readonly endSessions: EndSessions;
  readonly askFirst: AskFirst;
  readonly clientOf: (clientId: string) => Client | undefined;
  readonly clearSessionCookie: (ctx: Context) => void;
}

/** What a form asks for, read and found. */
interface Wish {
  /** Undefined: there is nothing of the kind (any more). */
  readonly target: EndTarget | undefined;
  readonly scope: Scope | undefined;
  readonly act: Act;
  /** This browser's session goes, and its cookie with it. */
  readonly endsThis: boolean;
}

const DEVICES = '/devices';

/**
 * Fields `what` = `session` | `app` | `app-everywhere` | `others` | `everywhere`; `session`, `client_id` where it needs them.
 * Ids of another person, of what has ended, or of nothing at all end nothing, and look the same.
 */
export function createEndOwn(parts: EndOwnParts): Middleware {
  return async (ctx) => {
    const { values, duplicated } = formOf(ctx);
    if (duplicated.length > 0) throw badForm('error.form_twice');
    const wish = await read(values, { ...personOf(ctx), language: languageOf(ctx) }, parts);
    if (wish.target === undefined) return seeOther(ctx, DEVICES);
    if (!(await parts.askFirst.mayGoOn(ctx, wish.act))) return;
    await end(ctx, wish.target, wish, parts);
  };
}

async function end(ctx: Context, target: EndTarget, { scope, endsThis }: Wish, parts: EndOwnParts): Promise<void> {
  const { accountId, uid: browserUid, device } = personOf(ctx).browser.session;
  const actor = { kind: 'user', id: accountId } as const;
  const from = { session: browserUid, device: device.name, place: device.place };
  const ended = await parts.endSessions(target, { reason: 'user', actor, browserUid, from, ...(scope && { scope }) });
  if (endsThis) parts.clearSessionCookie(ctx);
  if (ended.kind === 'nothing') return seeOther(ctx, DEVICES);
  await answerLogout(ctx, ended, { client: undefined, continueUri: undefined }, parts);
}

async function read(values: ReadonlyMap<string, string>, person: Reader, parts: EndOwnParts): Promise<Wish> {
  const { uid, accountId } = person.browser.session;
  const clientId = values.get('client_id') ?? '';
  switch (values.get('what')) {
    case 'session': {
      const view = await own(values, person, parts);
      const isThis = view?.session.uid === uid;
      const target = view && ({ kind: 'session', uid: view.session.uid } as const);
      return { target, scope: isThis ? 'all-here' : undefined, act: plain(isThis), endsThis: isThis };
    }
    case 'app': {
      const view = await own(values, person, parts);
      const inside = liveParticipations(view).find((one) => one.clientId === clientId);
      const isThis = view?.session.uid === uid;
      const target = inside && ({ kind: 'participation', sid: inside.sid } as const);
      return { target, scope: isThis ? 'app-here' : undefined, act: plain(isThis), endsThis: false };
    }
    case 'app-everywhere': {
      const target = clientId === '' ? undefined : ({ kind: 'account-client', accountId, clientId } as const);
      const act = drastic('app-everywhere', person, parts, clientId);
      return { target, scope: 'app-everywhere', act, endsThis: false };
    }
    case 'others': {
      // A second click, or a page that is behind: it would raise the generation and mail about nobody.
      const { sessions } = await parts.store.sessions.reach(accountId, uid);
      const target = sessions === 0 ? undefined : ({ kind: 'account', accountId, exceptUid: uid } as const);
      return { target, scope: undefined, act: drastic('others', person, parts), endsThis: false };
    }
    case 'everywhere': {
      const target = { kind: 'account', accountId } as const;
      return { target, scope: 'all-everywhere', act: drastic('everywhere', person, parts), endsThis: true };
    }
    default:
      throw badForm('error.form_what');
  }
}

/** The session that the form names, if it lives and is this person's. */
async function own(
  values: ReadonlyMap<string, string>,
  { browser }: Person,
  { store }: EndOwnParts,
): Promise<SessionView | undefined> {
  const view = await store.sessions.get(values.get('session') ?? '');
  return view?.session.accountId === browser.session.accountId && view.session.state === 'live' ? view : undefined;
}

/** Needs no page of its own: it ends what its button says. */
function plain(isThis: boolean): Act {
  return { proof: isThis ? 'nothing' : 'one', backHref: DEVICES };
}

function drastic(what: Drastic, person: Reader, parts: EndOwnParts, clientId?: string): Act {
  return { proof: 'one', backHref: DEVICES, confirm: () => measureAct(what, person, parts, clientId) };
}

function badForm(words: 'error.form_twice' | 'error.form_what'): AppError {
  return new AppError({ code: 'bad_form', status: 400, words });
}
