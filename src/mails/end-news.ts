/** What an end tells people of besides its own event: that the password is a new one, and the mails. */
import type { Account } from '../accounts/account.ts';
import type { ActivityEvent, NewMail, News } from '../activity/news.ts';
import { passwordEvent } from '../activity/password-event.ts';
import type { EndCause, EndTarget } from '../logout/logout.ts';
import { liveParticipations } from '../sessions/session.ts';
import type { AccountStore, SessionStore, SessionView } from '../store/store.ts';
import { DEFAULT_LANGUAGE, type Language, languageAmong } from '../words/language.ts';
import type { EndFacts, MailPlanner } from './plan-mails.ts';

/** Asked before the write, so that what it answers is written with the end. Throws `storeUnavailable`. */
export type NewsOfEnd = (target: EndTarget, cause: CauseOfNews, at: number) => Promise<News | undefined>;

type CauseOfNews = Pick<EndCause, 'reason' | 'actor' | 'accountChange' | 'from'>;

/** Sessions that are looked at for the names of their apps, and for their number. */
const SESSIONS_MAX = 200;

export function createNewsOfEnd(parts: {
  readonly store: {
    readonly accounts: Pick<AccountStore, 'find'>;
    readonly sessions: Pick<SessionStore, 'list'>;
  };
  readonly mails: MailPlanner;
  /** The name by which readers of this language know an app. */
  readonly nameOf: (clientId: string, language: Language) => string | undefined;
}): NewsOfEnd {
  const { store, mails, nameOf } = parts;

  return async function newsOfEnd(target, cause, at) {
    if (target.kind !== 'account') return undefined;
    const { accountId, exceptUid } = target;
    const account = await store.accounts.find(accountId);
    if (!account) return undefined;
    const views = await store.sessions.list({ accountId, state: 'live' }, { limit: SESSIONS_MAX });
    const ending = views.filter(({ session }) => session.uid !== exceptUid);
    const language = languageAmong(account.locale) ?? DEFAULT_LANGUAGE;
    const mail = mailOf(account, at, cause, factsOf(ending, cause, language));
    return { events: passwordEvents(account, at, cause), mails: mail ? [mail] : [] };
  };

  function mailOf(account: Account, at: number, { reason }: CauseOfNews, facts: EndFacts): NewMail | undefined {
    switch (reason) {
      case 'password-changed':
        return mails.passwordChanged(account, at, facts);
      case 'not-me':
        return mails.reset(account, at, 'forced', facts) ?? mails.signedOutEverywhere(account, at, facts);
      case 'user':
      case 'app':
      case 'operator':
        return mails.signedOutEverywhere(account, at, facts);
      // Its owner's own change brings its mail along.
      case 'factor-changed':
        return facts.by === 'operator'
          ? mails.factorChanged(account, at, { change: 'reset', name: undefined })
          : undefined;
      default:
        return undefined;
    }
  }

  function factsOf(ending: readonly SessionView[], { actor, from }: CauseOfNews, language: Language): EndFacts {
    const ids = new Set(ending.flatMap((view) => liveParticipations(view).map(({ clientId }) => clientId)));
    const appNames = [...ids].map((id) => nameOf(id, language) ?? id);
    return { ...from, by: actor.kind === 'operator' ? 'operator' : 'user', sessions: ending.length, appNames };
  }
}

function passwordEvents(
  { id }: Account,
  at: number,
  { accountChange, actor, from }: CauseOfNews,
): readonly ActivityEvent[] {
  if (!accountChange) return [];
  const by = { actor: actor.kind, seat: from };
  if ('passwordHash' in accountChange) return [passwordEvent(id, at, { what: 'changed', ...by })];
  if ('mustChangePassword' in accountChange) return [passwordEvent(id, at, { what: 'locked', ...by })];
  return [];
}
