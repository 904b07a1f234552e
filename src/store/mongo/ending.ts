import type { ClientSession } from 'mongodb';
import { NOTHING_MADE, withoutLease } from '../new-deliveries.ts';
import type { SessionStore } from '../store.ts';
import { appendAudit } from './audit.ts';
import { raiseBarrier } from './barriers.ts';
import type { MongoParts } from './collections.ts';
import { type LogoutDoc, toLogout } from './delivery-documents.ts';
import { type Begun, endParticipation, endSession, endSome } from './ending-sessions.ts';
import { transactWatched } from './handing-over.ts';
import { type Ending, insertLogout, newLogout } from './logout-rows.ts';
import { spendLink } from './news.ts';
import { walkOn } from './walking.ts';

/** Of `end` before it answers, enough for 1,000 participations and to see that none is left; then `continueEnd` does it. */
const WRITES_OF_END = 5;

/**
 * THE end (invariant 1). What one session has is dead with it: its first apps end in the write that ends it, and the rest of
 * very many is walked. An account or a client may have any number, and others write to them meanwhile: its first write is a
 * barrier of a few rows that makes all of it dead, and all is walked.
 */
export function createEnding(parts: MongoParts): Pick<SessionStore, 'end' | 'endSome' | 'continueEnd'> {
  return {
    async end(id, target, cause, at, plan, watch) {
      const ending = { id, target, cause, at, plan, watch };
      const begun = await transactWatched(parts, watch, async (tx) => {
        const first = await beginEnd(parts, ending, tx);
        if (first) await appendAudit(parts, cause.audit, tx);
        return first;
      });
      if (!begun) return { kind: 'nothing' };
      const { logout } = begun;
      if (cause.pace !== undefined) return { kind: 'ended', logout: toLogout(logout) };
      return { kind: 'ended', logout: toLogout(await walkAWhile(parts, logout, ending)) };
    },
    async endSome(ends, cause, at, plan, watch) {
      const shared = { cause, at, plan, watch };
      return (await transactWatched(parts, watch, (tx) => endSome(parts, ends, shared, tx))).results;
    },
    async continueEnd(logoutId, next) {
      const logout = await walkOn(parts, { logoutId, ...next });
      return logout?.walking ? 'more' : 'done';
    },
  };
}

/** Undefined when there is nothing to end. */
async function beginEnd(parts: MongoParts, ending: Ending, tx: ClientSession): Promise<Begun | undefined> {
  const { target, cause, at } = ending;
  if (cause.linkHash !== undefined && !(await spendLink(parts, cause.linkHash, at, tx))) return undefined;
  switch (target.kind) {
    case 'session':
      return endSession(parts, ending, target.uid, tx);
    case 'participation':
      return endParticipation(parts, ending, target, tx);
    default: {
      const barrier = await raiseBarrier(parts, ending, tx);
      if (!barrier) return undefined;
      const logout = { ...newLogout(ending, barrier), walking: true } as const;
      return { logout: await insertLogout(parts, logout, { cause, about: undefined }, tx), ...NOTHING_MADE };
    }
  }
}

/** What was committed is an end, whatever becomes of the walk: the rest is dead already, and the next walk's. */
async function walkAWhile(parts: MongoParts, begun: LogoutDoc, ending: Ending): Promise<LogoutDoc> {
  const { id: logoutId, plan, cause } = ending;
  const watch = withoutLease(ending.watch);
  let logout = begun;
  try {
    for (let writes = 0; writes < WRITES_OF_END && logout.walking; writes += 1) {
      logout = (await walkOn(parts, { logoutId, plan, keepsOffline: cause.keepsOffline, watch })) ?? logout;
    }
  } catch {
    return logout;
  }
  return logout;
}
