/** Who must be told about an end, and who cannot be. Pure: the store may run a plan again when its write is retried. */
import type { DeliveryPlan } from '../deliveries/delivery.ts';
import type { Participation } from '../sessions/session.ts';
import type { PlanDeliveries } from '../store/store.ts';
import type { Reason } from './logout.ts';

/** What a plan must know of a client. */
export interface TellableClient {
  readonly backchannel_logout_uri?: string | undefined;
  readonly frontchannel_logout_uri?: string | undefined;
  /** How long the client keeps a session of its own at most, in ms, where it declared that. */
  readonly max_session?: number | undefined;
  /** Which ends it wants to hear of; all where it does not say. */
  readonly logout?: { readonly on?: readonly Reason[]; readonly merge?: 'none' | 'sub' | undefined };
}

/** What a plan must know of the end. */
export interface PlannedEnd {
  readonly at: number;
  /** Undefined where it is not known (any more): then its app is told. */
  readonly reasonOf: (ended: Participation) => Reason | undefined;
  /** The participation whose app asked for the end, where one did. */
  readonly askedSid?: string | undefined;
  /** The session of the browser that asked and gets a page of ours next: what this one calls, calls with its cookies. */
  readonly browserUid?: string | undefined;
  /** All that each person has ends, so that one token may say it to an app that takes such tokens (`logout.merge: sub`). */
  readonly whole?: boolean | undefined;
}

/** How long an app without a declared `max_session` is retried. */
export const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Plans one delivery per ended participation.
 * A client that is not known here (another process loaded it a moment ago) is planned as `trying`: the engine puts such
 * a delivery back until it knows better, so that nobody is forgotten for an unlucky moment.
 */
export function planDeliveries(
  clients: (clientId: string) => TellableClient | undefined,
  end: PlannedEnd,
): PlanDeliveries {
  return (ended) => {
    const merged = new Set<string>();
    return ended.flatMap((one) => {
      const client = clients(one.clientId);
      const plan = planOne(one, client, end);
      if (!end.whole || client?.logout?.merge !== 'sub' || plan.state !== 'trying') return [plan];
      const person = `${one.accountId} ${one.clientId}`;
      if (merged.has(person)) return [];
      merged.add(person);
      return [{ ...plan, merged: true } as const];
    });
  };
}

function planOne(participation: Participation, client: TellableClient | undefined, end: PlannedEnd): DeliveryPlan {
  const deadline = deadlineOf(participation, client, end.at);
  const base = { sid: participation.sid, asked: participation.sid === end.askedSid, deadline, origin: '' };
  if (!client) return { ...base, state: 'trying', origin: `unknown:${participation.clientId}` };
  if (!wantsToHear(client, end.reasonOf(participation))) return { ...base, state: 'not-asked-for' };
  const { backchannel_logout_uri: uri, frontchannel_logout_uri: page } = client;
  if (uri !== undefined) {
    return { ...base, state: deadline.at <= end.at ? 'moot' : 'trying', origin: new URL(uri).origin };
  }
  const isHere = end.browserUid !== undefined && participation.sessionUid === end.browserUid;
  return { ...base, state: page !== undefined && isHere ? 'asked-browser' : 'cannot-be-told' };
}

function wantsToHear({ logout }: TellableClient, reason: Reason | undefined): boolean {
  return reason === undefined || logout?.on === undefined || logout.on.includes(reason);
}

function deadlineOf(
  participation: Participation,
  client: TellableClient | undefined,
  at: number,
): DeliveryPlan['deadline'] {
  const longest = client?.max_session;
  return longest === undefined
    ? { at: at + GIVE_UP_AFTER_MS, becomes: 'given-up' }
    : { at: participation.renewedAt + longest, becomes: 'moot' };
}
