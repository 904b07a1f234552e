/**
 * "Forgot it?": sends a link to whoever has an account of that name and an address. Nobody is told whether there is one, and
 * no answer waits for it: what is asked for is looked up after the answer, a few at a time.
 */

import type { NewMail, Seat } from '../activity/news.ts';
import { passwordAsked } from '../activity/password-event.ts';
import type { Clock } from '../ops/clock.ts';
import { sha256 } from '../ops/ids.ts';
import type { Log } from '../ops/log.ts';
import type { AccountStore, LimitStore, MailStore } from '../store/store.ts';
import { type Account, USERNAME_CHARS_MAX } from './account.ts';

export interface ForgottenPasswords {
  /** Takes a name, or a verified address, as for a sign-in. False when too much is under way: try again. Answers at once. */
  ask(name: string, seat: Seat): boolean;
  /** Resolves when nothing is under way; wait for it before the store is closed. */
  settled(): Promise<void>;
}

/** Mails to one account in an hour: a mailbox is nobody's toy. */
const MAILS_MAX = 3;
const WINDOW_MS = 60 * 60 * 1000;
/** Wishes under way. Each is two reads and a write. */
const UNDER_WAY_MAX = 50;

export function createForgottenPasswords(parts: {
  readonly store: {
    readonly accounts: Pick<AccountStore, 'findForSignIn'>;
    readonly limits: Pick<LimitStore, 'count'>;
    readonly mails: Pick<MailStore, 'post'>;
  };
  /** The mail, where one can be sent to this account. */
  readonly planReset: (account: Account, at: number, seat: Seat) => NewMail | undefined;
  readonly clock: Clock;
  /** Bounded: strangers can cause its lines. */
  readonly log: Pick<Log, 'warn'>;
}): ForgottenPasswords {
  const { store, planReset, clock, log } = parts;
  const underWay = new Set<Promise<void>>();

  async function look(name: string, seat: Seat): Promise<void> {
    const account = await store.accounts.findForSignIn(name);
    if (account?.state !== 'active') return;
    const at = clock.now();
    const mail = planReset(account, at, seat);
    // Counted before it is judged: who asks fifty times at once would find each time that nothing was sent yet.
    if (!mail || (await store.limits.count(sha256(`reset ${account.id}`), WINDOW_MS, at)) > MAILS_MAX) return;
    await store.mails.post({ events: [passwordAsked(account.id, at, seat)], mails: [mail] });
  }

  return {
    ask(name, seat) {
      if (underWay.size >= UNDER_WAY_MAX) return false;
      const typed = name.normalize('NFC').trim().slice(0, USERNAME_CHARS_MAX);
      const one: Promise<void> = new Promise(setImmediate)
        .then(() => look(typed, seat))
        .catch((error: unknown) => log.warn('mail.not_planned', { error }))
        .finally(() => underWay.delete(one));
      underWay.add(one);
      return true;
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}
