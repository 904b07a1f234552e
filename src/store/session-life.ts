/** What both adapters must agree on in a session's life: how long things last, and what a save makes of its apps. Pure. */
import type { Authorizations, SessionOpening } from './store.ts';

/** How long a rotated cookie id still leads to its session: tabs that were opened before heal within it. */
export const RETIRED_MS = 60_000;
/** A session that was used less than this ago is not written again. */
export const TOUCH_EVERY_MS = 60_000;
/** A session whose own save never comes (its browser went away between the code and the answer) is due after this. */
const ARRIVING_MS = 10 * 60_000;

/** When a session that begins so is due, in epoch milliseconds, should nobody use it. */
export function firstDueAt(state: 'arriving' | 'live', { startedAt, idleMs, expiresAt }: SessionOpening): number {
  return state === 'arriving' ? startedAt + ARRIVING_MS : Math.min(startedAt + idleMs, expiresAt);
}

/** A participation, and whether it is over: ended, or cut off by an end whose walk has not come that far. */
export interface AppStanding {
  readonly sid: string;
  readonly clientId: string;
  readonly isOver: boolean;
}

export function sidsOver(apps: readonly AppStanding[]): ReadonlySet<string> {
  return new Set(apps.filter((app) => app.isOver).map((app) => app.sid));
}

/** Clients that were in the session and are no longer. */
export function signedOffClients(apps: readonly AppStanding[]): readonly string[] {
  const clients = new Set(apps.map((app) => app.clientId));
  const inside = new Set(apps.filter((app) => !app.isOver).map((app) => app.clientId));
  return [...clients.difference(inside)];
}

export function withoutSids(authorizations: Authorizations, over: ReadonlySet<string>): Authorizations {
  if (over.size === 0) return authorizations;
  return Object.fromEntries(Object.entries(authorizations).filter(([, { sid }]) => !over.has(sid)));
}

/**
 * What a save makes of the apps that are stored and those it brings. What is over goes first: a late writer's ended `sid`
 * must not push out the one that took its place. `isLate`: the writer is a slow tab, whose new apps are real and whose
 * other knowledge is old.
 */
export function mergeAuthorizations(
  stored: Authorizations,
  brought: Authorizations,
  over: ReadonlySet<string>,
  isLate: boolean,
): Authorizations {
  const was = withoutSids(stored, over);
  const is = withoutSids(brought, over);
  return isLate ? { ...is, ...was } : { ...was, ...is };
}
