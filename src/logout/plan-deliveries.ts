/** Who must be told about an end, and who cannot be. Pure: the store may run a plan again when its write is retried. */
import type { DeliveryPlan } from '../deliveries/delivery.ts';
import type { Participation } from '../sessions/session.ts';
import type { PlanDeliveries } from '../store/store.ts';

/** What a plan must know of a client. */
export interface TellableClient {
  readonly backchannel_logout_uri?: string | undefined;
  /** How long the client keeps a session of its own at most, in ms, where it declared that. */
  readonly max_session?: number | undefined;
}

/** How long an app without a declared `max_session` is retried. */
export const GIVE_UP_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Plans one delivery per ended participation. `askedSid`: the one whose app asked for the end, where one did.
 * A client that is not known here (another process loaded it a moment ago) is planned as `trying`: the engine puts such
 * a delivery back until it knows better, so that nobody is forgotten for an unlucky moment.
 */
export function planDeliveries(
  clients: (clientId: string) => TellableClient | undefined,
  at: number,
  askedSid?: string,
): PlanDeliveries {
  return (ended) => ended.map((one) => planOne(one, clients(one.clientId), at, one.sid === askedSid));
}

function planOne(
  participation: Participation,
  client: TellableClient | undefined,
  at: number,
  asked: boolean,
): DeliveryPlan {
  const deadline = deadlineOf(participation, client, at);
  const base = { sid: participation.sid, asked, deadline };
  if (!client) return { ...base, state: 'trying', origin: `unknown:${participation.clientId}` };
  const uri = client.backchannel_logout_uri;
  if (uri === undefined) return { ...base, state: 'cannot-be-told', origin: '' };
  return { ...base, state: deadline.at <= at ? 'moot' : 'trying', origin: new URL(uri).origin };
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
