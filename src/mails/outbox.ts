/**
 * Sends what waits in the store, beside the deliveries and never in their way: a few mails at once, each in its own time.
 * Any number of processes may do it: a claim is a time and a token, and a mail that is sent twice has the same `Message-ID`.
 */
import type { Mail, MailSettlement } from '../activity/news.ts';
import type { Clock } from '../ops/clock.ts';
import { randomId } from '../ops/ids.ts';
import type { Log } from '../ops/log.ts';
import { createRepeating } from '../ops/repeating.ts';
import type { Service } from '../ops/service.ts';
import type { MailStore } from '../store/store.ts';
import { type Carrier, isRefusal, type Message } from './carry-mail.ts';

export interface OutboxParts {
  readonly store: { readonly mails: Pick<MailStore, 'claim' | 'settle' | 'nextDueAt'> };
  readonly carrier: Carrier;
  /** Its words. Throws where its token was sealed under another key. */
  readonly compose: (mail: Mail) => Message;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Outbox extends Service {
  /** Sends what is due, now; answers how many were tried. */
  run(): Promise<number>;
}

/** How often it looks: a mail is written with a sign-in or an end, by whatever process. */
const LOOK_EVERY_MS = 1_000;
/** Sent at once. */
const AT_ONCE = 4;
/** For one mail, from the name of the server to its last answer. */
const MAIL_MS = 60_000;
/** Longer than that, so that no other process sends it meanwhile. */
const LEASE_MS = 2 * MAIL_MS;
const RETRY_FIRST_MS = 15_000;
const RETRY_MAX_MS = 60 * 60 * 1000;
const ERROR_CHARS_MAX = 300;

export function createOutbox(parts: OutboxParts): Outbox {
  const { store, carrier, compose, clock, log } = parts;
  const failed = (error: unknown) => log.warn('mail.not_looked', { error });
  const rounds = createRepeating({ everyMs: LOOK_EVERY_MS, work: run, failed });

  let underWay: Promise<number> = Promise.resolve(0);

  /** One after the other: whoever asks knows afterwards that nothing due is still on its way. */
  function run(): Promise<number> {
    underWay = underWay.then(sendDue, sendDue);
    return underWay;
  }

  async function sendDue(): Promise<number> {
    let tried = 0;
    while (!rounds.stopping.aborted) {
      const dueAt = await store.mails.nextDueAt();
      if (dueAt === undefined || dueAt > clock.now()) break;
      const token = randomId();
      const mails = await store.mails.claim({ token, limit: AT_ONCE, leaseMs: LEASE_MS, now: clock.now() });
      await Promise.all(mails.map((mail) => send(token, mail)));
      tried += mails.length;
      if (mails.length === 0) break;
    }
    return tried;
  }

  async function send(token: string, mail: Mail): Promise<void> {
    const beganAt = performance.now();
    const settlement = await attempt(mail);
    const facts = {
      mail_id: mail.id,
      kind: mail.kind,
      account_id: mail.accountId,
      attempt: mail.attempts + 1,
      ms: Math.round(performance.now() - beganAt),
    };
    if (!(await store.mails.settle(token, mail.id, settlement))) return;
    if (settlement.kind === 'sent') log.info('mail.sent', facts);
    else if (settlement.kind === 'retry') log.warn('mail.failed', { ...facts, error: settlement.error });
    else log.warn('mail.given_up', { ...facts, error: settlement.error });
  }

  async function attempt(mail: Mail): Promise<MailSettlement> {
    try {
      await carrier.carry(compose(mail), AbortSignal.any([rounds.stopping, AbortSignal.timeout(MAIL_MS)]));
      return { kind: 'sent', at: clock.now() };
    } catch (error) {
      return afterFailure(mail, error, clock.now());
    }
  }

  return { run, start: () => rounds.start(), stop: () => rounds.stop() };
}

function afterFailure(mail: Mail, failure: unknown, now: number): MailSettlement {
  const error = wordsOf(failure);
  const nextAttemptAt = now + Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** mail.attempts);
  if (isRefusal(failure) || nextAttemptAt >= mail.giveUpAt) return { kind: 'given-up', at: now, error };
  return { kind: 'retry', nextAttemptAt, error };
}

/** What a mail server says is somebody else's text. */
function wordsOf(failure: unknown): string {
  const text = failure instanceof Error ? failure.message : String(failure);
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, ERROR_CHARS_MAX);
}
