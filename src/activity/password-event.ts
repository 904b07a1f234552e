import { activityEvent } from './activity-event.ts';
import type { ActivityEvent, Seat } from './news.ts';

/** `changed`: there is a new one. `locked`: the old one opens nothing any more. `asked`: a link to set one was sent. */
export type PasswordChangeKind = 'changed' | 'locked' | 'asked';

export function passwordEvent(
  accountId: string,
  at: number,
  facts: { readonly what: PasswordChangeKind; readonly actor: ActivityEvent['actor']; readonly seat: Seat | undefined },
): ActivityEvent {
  const { what, actor, seat } = facts;
  return activityEvent({ accountId, at, kind: 'password', actor, reason: what }, seat);
}

export function passwordAsked(accountId: string, at: number, seat: Seat): ActivityEvent {
  return passwordEvent(accountId, at, { what: 'asked', actor: 'user', seat });
}
