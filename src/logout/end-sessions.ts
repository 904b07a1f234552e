/**
 * THE end. Every trigger goes through here (invariant 2): the store writes the end and its deliveries at once, the
 * engine is woken, one line is logged. What is told to whom is decided by `planDeliveries`, whether a person is asked
 * first by `logout-policy.ts`.
 */
import type { News } from '../activity/news.ts';
import type { EngineRunner, IdleEngine } from '../deliveries/engine-runner.ts';
import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import { logName, randomId, sha256 } from '../ops/ids.ts';
import type { Log } from '../ops/log.ts';
import type { RightOfWay } from '../ops/right-of-way.ts';
import type { AuditEntry, EndWatch, LogoutStore, SessionEnd, SessionStore } from '../store/store.ts';
import type { EndCause, EndResult, EndTarget, Logout, Reason } from './logout.ts';
import { type PlannedEnd, planDeliveries, type TellableClient } from './plan-deliveries.ts';
import { createWalkPace } from './walk-pace.ts';

/** What ending must know of a client; its last known record where it was suspended or removed. */
export interface EndingClient extends TellableClient {
  readonly logout: {
    readonly keep_offline_access: boolean;
    readonly on?: readonly Reason[];
    readonly merge?: 'none' | 'sub' | undefined;
  };
}

export interface EndSessionsParts {
  readonly store: {
    readonly sessions: Pick<SessionStore, 'end' | 'endSome' | 'continueEnd'>;
    readonly logouts: Pick<LogoutStore, 'find'>;
  };
  readonly clock: Clock;
  readonly log: Log;
  readonly box: CryptoBox;
  readonly clients: (clientId: string) => EndingClient | undefined;
  readonly engine: Pick<EngineRunner, 'wake' | 'idle'>;
  readonly rightOfWay: Pick<RightOfWay, 'giveWay'>;
  readonly onCommitted?: ((logout: Logout, ms: number) => void) | undefined;
  /** What an end tells people of besides its own event; nothing where it is left out. */
  readonly newsOf?: (target: EndTarget, cause: Cause, at: number) => Promise<News | undefined>;
}

/** Why something ends, as a trigger says it. */
export interface Cause
  extends Pick<
    EndCause,
    'reason' | 'actor' | 'scope' | 'clientId' | 'accountChange' | 'from' | 'linkHash' | 'news' | 'pace'
  > {
  /** The registered address to go on to, with the app's `state`. */
  readonly continueUri?: string;
  /** The participation whose app asked, by an ID token of it that was verified. */
  readonly askedSid?: string | undefined;
  /** Of an operator's: its row goes into the same write. */
  readonly audit?: AuditEntry;
  /** The session of the browser that asked, which gets a page of ours next. */
  readonly browserUid?: string | undefined;
}

export type Ended =
  | { readonly kind: 'nothing' }
  /** `linkId` is the last part of the receipt's address; only its hash is kept. */
  | { readonly kind: 'ended'; readonly logout: Logout; readonly linkId: string };

/** A session whose time is over, and why. */
export type DueEnd = Pick<SessionEnd, 'uid' | 'reason'>;

export interface EndSessions {
  /** Ends `target`. Durable when it answers (invariant 3); throws `storeUnavailable` when nothing was written. */
  (target: EndTarget, cause: Cause): Promise<Ended>;
  /**
   * Ends sessions whose time is over, several in one write and each with a logout of its own: the first of them, at least
   * one. Answers what became of those, in their order.
   */
  readonly several: (sessions: readonly DueEnd[]) => Promise<readonly EndResult[]>;
  /** Goes on with a logout that is larger than one write, to its end or until it is paused. One walk of it at a time. */
  readonly proceed: (logoutId: string) => Promise<void>;
  /** Whether this process is at it. */
  readonly isWalking: (logoutId: string) => boolean;
  /** Resolves when nothing is being walked any more; wait for it before the store is closed. */
  readonly settled: () => Promise<void>;
  /** Leaves every walk at its next write, and waits for those: what is left is dead already, and the next sweep's. */
  readonly stop: () => Promise<void>;
}

function together(one: News | undefined, other: News | undefined): News | undefined {
  if (!one || !other) return one ?? other;
  return { events: [...one.events, ...other.events], mails: [...one.mails, ...other.mails] };
}

export function createEndSessions(parts: EndSessionsParts): EndSessions {
  const { store, clock, log, box, clients, engine, rightOfWay, newsOf } = parts;
  const keepsOffline = (clientId: string) => clients(clientId)?.logout.keep_offline_access ?? true;
  const plan = (end: PlannedEnd) => planDeliveries(clients, end);

  const walks = new Map<string, Promise<void>>();
  const stopping = new AbortController();

  async function endSessions(target: EndTarget, cause: Cause): Promise<Ended> {
    const at = clock.now();
    const linkId = randomId(32);
    const { continueUri, askedSid, browserUid, ...given } = cause;
    const news = together(cause.news, await newsOf?.(target, cause, at));
    const receipt = { linkHash: sha256(linkId), ...(continueUri && { sealedContinueUri: box.seal(continueUri) }) };
    const ending = { ...given, keepsOffline, receipt, ...(news && { news }) };
    const planned = plan({ at, reasonOf: () => cause.reason, askedSid, browserUid, whole: isWhole(target) });
    const id = randomId(16);
    const result = await handingOver(engine.idle(), (watch) =>
      store.sessions.end(id, target, ending, at, planned, watch),
    );
    if (result.kind === 'nothing') return result;
    follow(result.logout);
    return { kind: 'ended', logout: result.logout, linkId };
  }

  /** One that may be handed what nobody waits for. */
  function atLeisure(): IdleEngine | undefined {
    const idle = engine.idle();
    return idle?.atHand === 'little' ? idle : undefined;
  }

  /** The engine begins as soon as something is committed: with what it was leased, where it is `idle`. */
  async function handingOver<T>(idle: IdleEngine | undefined, work: (watch: EndWatch) => Promise<T>): Promise<T> {
    const token = randomId();
    const watch: EndWatch = {
      lease: idle && { token, processId: idle.processId, leaseMs: idle.leaseMs, now: clock.now() },
      leasing: (deliveries) => idle?.prepare(deliveries),
      written(deliveries, rest) {
        if (deliveries.length > 0) idle?.take({ token, deliveries });
        if (rest) engine.wake();
      },
    };
    try {
      return await work(watch);
    } catch (error) {
      // It may have been written all the same: a commit whose answer was lost.
      idle?.recover(token);
      throw error;
    }
  }

  async function several(sessions: readonly DueEnd[]): Promise<readonly EndResult[]> {
    const at = clock.now();
    const ends = sessions.map((each) => ({ ...each, id: randomId(16) }));
    const reasons = new Map(ends.map(({ id, reason }) => [id, reason]));
    const reasonOf: PlannedEnd['reasonOf'] = ({ logoutId = '' }) => reasons.get(logoutId);
    const planned = plan({ at, reasonOf });
    const cause = { actor: { kind: 'system' }, keepsOffline } as const;
    const results = await handingOver(atLeisure(), (watch) => store.sessions.endSome(ends, cause, at, planned, watch));
    for (const result of results) if (result.kind === 'ended') follow(result.logout);
    return results;
  }

  function follow(logout: Logout): void {
    const ms = clock.now() - logout.at;
    report(logout, ms);
    parts.onCommitted?.(logout, ms);
    if (logout.walking) walkBehind(logout.id);
  }

  function proceed(logoutId: string): Promise<void> {
    const walk = walks.get(logoutId) ?? walkOn(logoutId).finally(() => walks.delete(logoutId));
    walks.set(logoutId, walk);
    return walk;
  }

  async function walkOn(logoutId: string): Promise<void> {
    const pace = createWalkPace(rightOfWay, stopping.signal);
    while (!stopping.signal.aborted) {
      const logout = await store.logouts.find(logoutId);
      if (!mayWalk(logout)) return;
      const sessionsMax = await pace.beforeWrite(logout);
      // Looked at again after a long wait: it may have been paused meanwhile.
      if (stopping.signal.aborted || (logout.pace !== undefined && !mayWalk(await store.logouts.find(logoutId))))
        return;
      const planned = plan({ at: clock.now(), reasonOf: () => logout.reason, whole: isWhole(logout.target) });
      const next = { keepsOffline, plan: planned, sessionsMax };
      const rest = await handingOver(atLeisure(), (watch) => store.sessions.continueEnd(logoutId, { ...next, watch }));
      if (rest === 'done') return log.info('logout.walked', { logout_id: logoutId });
      await new Promise(setImmediate);
    }
  }

  /** All of it is dead already, so nobody waits for the rest; what a crash leaves of it is the sweep's. */
  function walkBehind(logoutId: string): void {
    proceed(logoutId).catch((error: unknown) => log.warn('logout.not_walked', { logout_id: logoutId, error }));
  }

  async function settled(): Promise<void> {
    await Promise.allSettled(walks.values());
  }

  async function stop(): Promise<void> {
    stopping.abort();
    await settled();
  }

  function report(logout: Logout, ms: number): void {
    const facts = { logout_id: logout.id, reason: logout.reason, account_id: logout.accountId };
    if (logout.target.kind === 'session') log.info('session.ended', { ...facts, session: logName(logout.target.uid) });
    log.info('logout.committed', {
      ...facts,
      target: logout.target.kind,
      scope: logout.scope,
      actor: logout.actor.kind,
      client_id: logout.clientId,
      sessions: logout.sessionsEnded,
      walking: logout.walking,
      ms,
    });
  }

  const isWalking = (logoutId: string) => walks.has(logoutId);
  return Object.assign(endSessions, { several, proceed, isWalking, settled, stop });
}

/** All sessions of each person that it is about, none spared: a token for all of them would end a spared one, too. */
function isWhole(target: EndTarget): boolean {
  return (target.kind === 'account' || target.kind === 'everybody') && target.exceptUid === undefined;
}

function mayWalk(logout: Logout | undefined): logout is Logout {
  return logout?.walking === true && !logout.paused;
}
