import { randomId } from '../ops/ids.ts';
import type { ActivityEvent, Seat } from './news.ts';

/** What an event cannot do without; whatever else is left out is not known of it. */
type EventFacts = Pick<ActivityEvent, 'accountId' | 'at' | 'kind'> & Partial<ActivityEvent>;

/** One row of the activity: of its own id and of the person, where nothing else is said. */
export function activityEvent(facts: EventFacts, { session, device, place }: Seat = {}): ActivityEvent {
  return {
    id: randomId(),
    actor: 'user',
    session,
    device,
    place,
    clientId: undefined,
    reason: undefined,
    logoutId: undefined,
    detail: undefined,
    ...facts,
  };
}

/** As much of a session as says where it is. */
interface SessionPlace {
  readonly uid: string;
  readonly device: { readonly name: string; readonly place?: string | undefined };
}

/** Where somebody acts who is signed in. */
export function seatOfSession({ uid, device }: SessionPlace): Seat {
  return { session: uid, device: device.name, place: device.place };
}
