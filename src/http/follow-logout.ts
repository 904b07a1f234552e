import type { LogoutJson } from '../admin/logout-json.ts';
import { AppError } from '../errors.ts';
import type { OnSettled } from '../logout/wait-for-apps.ts';
import type { EventStream } from './event-streams.ts';
import { follow } from './follow.ts';

/** A large logout settles many batches a second, and each look counts all of it. */
const LOOK_AT_MOST_EVERY_MS = 1_000;
/** How often it looks although nobody signalled: another process may be the one that delivers. */
const LOOK_EVERY_MS = 2_000;

export interface FollowedLogout {
  /** How it is now; a 404 ends the stream. */
  look(): Promise<LogoutJson>;
  message(logout: LogoutJson): unknown;
  readonly onSettled: OnSettled;
}

/** Sends the logout now, and whenever it moves, until it is settled. */
export function followLogout(
  stream: EventStream,
  first: LogoutJson,
  { look, message, onSettled }: FollowedLogout,
): void {
  follow(stream, first, {
    event: 'logout',
    everyMs: { atMost: LOOK_AT_MOST_EVERY_MS, atLeast: LOOK_EVERY_MS },
    look,
    message,
    isOver: ({ state }) => state === 'settled',
    isGone: (error) => error instanceof AppError && error.status === 404,
    signals: (changed) =>
      onSettled((ids) => {
        if (ids.includes(first.logout_id)) changed();
      }),
  });
}
