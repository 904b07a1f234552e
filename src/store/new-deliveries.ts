import { type Delivery, type DeliveryPlan, isMerged, MERGED } from '../deliveries/delivery.ts';
import type { Logout } from '../logout/logout.ts';
import { sha256 } from '../ops/ids.ts';
import type { Participation } from '../sessions/session.ts';
import type { EndWatch } from './store.ts';

/** Leased by the write that makes them, at most: an engine begins with these at once, and may claim what else there is. */
export const LEASED_MAX = 64;

/**
 * The deliveries of participations that a logout ended, as planned. A participation ends once, so its `sid` names its
 * delivery; one that is about all of a person is named after both, so that the next slice of the walk makes it no second
 * time. What cannot or need not be told is final at once, and never due. Throws a RangeError for a plan of one that
 * did not end. Pure.
 */
export function newDeliveries(
  { id: logoutId, at }: Pick<Logout, 'id' | 'at'>,
  ended: readonly Participation[],
  plans: readonly DeliveryPlan[],
): readonly Delivery[] {
  const bySid = new Map(ended.map((participation) => [participation.sid, participation]));
  return plans.map(({ sid, state, origin, asked, deadline, merged }) => {
    const participation = bySid.get(sid);
    if (!participation) throw new RangeError('a delivery was planned for a participation that did not end');
    const { clientId, accountId, sessionUid, sub } = participation;
    return {
      id: merged ? `${MERGED}${sha256(JSON.stringify([logoutId, clientId, accountId]))}` : sid,
      logoutId,
      clientId,
      accountId,
      sessionUid,
      sid,
      sub,
      state,
      origin,
      asked,
      createdAt: at,
      attempts: 0,
      refusals: 0,
      backoffMs: 0,
      nextAttemptAt: state === 'trying' ? at : undefined,
      lastAttemptAt: undefined,
      lastStatus: undefined,
      lastError: undefined,
      deadline,
    };
  });
}

/** Those to be told now that no earlier write can have made, as it may have what is about all of a person. Pure. */
export function leaseCandidates(made: readonly Delivery[]): readonly Delivery[] {
  return made.filter((one) => isToldNow(one) && !isMerged(one));
}

/**
 * Of candidates those that the write that makes them may lease, as many as an engine begins with at once. Origins that are
 * known to fail wait for a probe. Pure.
 */
export function leasable(candidates: readonly Delivery[], failing: ReadonlySet<string>): readonly Delivery[] {
  return candidates.filter(({ origin }) => !failing.has(origin)).slice(0, LEASED_MAX);
}

/** What a write made that is to be told now. */
export interface Made {
  readonly leased: readonly Delivery[];
  /** There is something to be told besides. */
  readonly rest: boolean;
}

export const NOTHING_MADE: Made = { leased: [], rest: false };

/** Pure. */
export function toMade(deliveries: readonly Delivery[], leased: readonly Delivery[]): Made {
  return { leased, rest: deliveries.filter(isToldNow).length > leased.length };
}

function isToldNow({ state }: Delivery): boolean {
  return state === 'trying';
}

/** What became durable. */
export function tellWritten(watch: EndWatch | undefined, { leased, rest }: Made): void {
  if (leased.length > 0 || rest) watch?.written(leased, rest);
}

/** The same one, for a write that leases nothing. */
export function withoutLease(watch: EndWatch | undefined): EndWatch | undefined {
  return watch && { ...watch, lease: undefined };
}
