import type { Clock } from '../ops/clock.ts';
import type { Log } from '../ops/log.ts';
import { pause } from '../ops/pause.ts';
import { createRepeating } from '../ops/repeating.ts';
import type { RightOfWay } from '../ops/right-of-way.ts';
import type { Service } from '../ops/service.ts';
import type {
  ActivityStore,
  AnswerStore,
  AuditStore,
  LimitStore,
  LinkStore,
  LogoutStore,
  MailStore,
  OperatorStore,
  ProviderStore,
} from '../store/store.ts';

export interface Cleaner extends Service {
  /** One round, now; answers how many rows are gone. */
  run(): Promise<number>;
}

const EVERY_MS = 60_000;
/** Small writes with rests: the thread that signs people in waits for the writer (DESIGN §4). */
const ROWS_MAX = 100;
/**
 * It takes a twentieth of the store's time, however slow that is: more than comes in by the day, and less than anybody feels.
 * With rests of 15 ms it kept more than half a core of MongoDB busy for as long as there was something to remove.
 */
const REST_TIMES = 19;
const REST_MS = { least: 15, most: 5_000 };

/**
 * Removes what nobody needs any more: ended sessions, logouts, deliveries, activity and mails after `retentionMs`, expired
 * codes, tokens and links, counters of sign-in tries, the audit's rows after a time of their own. No database TTL does it,
 * because none may touch what is live or undelivered.
 */
export function createCleaner(parts: {
  readonly store: {
    readonly logouts: Pick<LogoutStore, 'removeBefore'>;
    readonly provider: Pick<ProviderStore, 'removeExpired'>;
    readonly limits: Pick<LimitStore, 'removeClosed'>;
    readonly activity: Pick<ActivityStore, 'removeBefore'>;
    readonly mails: Pick<MailStore, 'removeBefore'>;
    readonly links: Pick<LinkStore, 'removeExpired'>;
    readonly operators: Pick<OperatorStore, 'removeExpiredTokens'>;
    readonly audit: Pick<AuditStore, 'removeBefore'>;
    readonly answers: Pick<AnswerStore, 'removeExpired'>;
  };
  readonly retentionMs: number;
  readonly auditRetentionMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly rightOfWay: Pick<RightOfWay, 'giveWay'>;
  readonly rest?: typeof pause;
}): Cleaner {
  const { store, retentionMs, auditRetentionMs, clock, log, rightOfWay, rest = pause } = parts;
  // A store that is gone is tried again a minute later.
  const failed = (error: unknown) => log.warn('store.not_cleaned', { error });
  const rounds = createRepeating({ everyMs: EVERY_MS, work: run, failed });

  async function repeat(remove: () => Promise<number>): Promise<number> {
    let removed = 0;
    while (!rounds.stopping.aborted) {
      await rightOfWay.giveWay(rounds.stopping);
      const from = performance.now();
      const rows = await remove();
      if (rows === 0) break;
      removed += rows;
      const restMs = (performance.now() - from) * REST_TIMES;
      await rest(Math.min(Math.max(restMs, REST_MS.least), REST_MS.most), rounds.stopping);
    }
    return removed;
  }

  async function run(): Promise<number> {
    const now = clock.now();
    const ended = await repeat(() => store.logouts.removeBefore(now - retentionMs, ROWS_MAX));
    const expired = await repeat(() => store.provider.removeExpired(now, ROWS_MAX));
    const closed = await repeat(() => store.limits.removeClosed(now, ROWS_MAX));
    const told = await repeat(() => store.activity.removeBefore(now - retentionMs, ROWS_MAX));
    const mailed = await repeat(() => store.mails.removeBefore(now - retentionMs, ROWS_MAX));
    const links = await repeat(() => store.links.removeExpired(now, ROWS_MAX));
    const tokens = await repeat(() => store.operators.removeExpiredTokens(now, ROWS_MAX));
    const audit = await repeat(() => store.audit.removeBefore(now - auditRetentionMs, ROWS_MAX));
    const answers = await repeat(() => store.answers.removeExpired(now, ROWS_MAX));
    const total = ended + expired + closed + told + mailed + links + tokens + audit + answers;
    if (total > 0) log.info('store.cleaned', { rows: total });
    return total;
  }

  return { run, start: () => rounds.start(), stop: () => rounds.stop() };
}
