import type { Account } from '../accounts/account.ts';
import type { Delivery } from '../deliveries/delivery.ts';
import { iso } from '../ops/clock.ts';
import { isLive } from '../sessions/session.ts';
import type { SessionView, Store } from '../store/store.ts';
import type { Column, Row } from './terminal.ts';

/** What commands show, under the fixed names of DESIGN §12; instants are ISO 8601. */

export const SESSION_COLUMNS: readonly Column[] = [
  ['id', 'SESSION'],
  ['username', 'ACCOUNT'],
  ['device', 'DEVICE'],
  ['started_at', 'STARTED'],
  ['last_seen_at', 'LAST SEEN'],
  ['apps', 'APPS'],
  ['state', 'STATE'],
];

/** Of a live session the apps that are in it, of an ended one those that were. */
export function sessionRow({ session, participations }: SessionView, username: string | undefined): Row {
  const inside = session.state === 'ended' ? participations : participations.filter(isLive);
  return {
    id: session.uid,
    account_id: session.accountId,
    username,
    device: session.device.name,
    started_at: iso(session.startedAt),
    last_seen_at: iso(session.lastSeenAt),
    apps: [...new Set(inside.map((one) => one.clientId))],
    state: session.state,
  };
}

export const DELIVERY_COLUMNS: readonly Column[] = [
  ['id', 'DELIVERY'],
  ['client_id', 'APP'],
  ['state', 'STATE'],
  ['attempts', 'TRIES'],
  ['last_attempt_at', 'LAST TRY'],
  ['last_status', 'ANSWER'],
  ['next_attempt_at', 'NEXT TRY'],
  ['last_error', 'ERROR'],
];

export function deliveryRow(delivery: Delivery): Row {
  return {
    id: delivery.id,
    logout_id: delivery.logoutId,
    client_id: delivery.clientId,
    account_id: delivery.accountId,
    state: delivery.state,
    attempts: delivery.attempts,
    next_attempt_at: iso(delivery.nextAttemptAt),
    last_attempt_at: iso(delivery.lastAttemptAt),
    last_status: delivery.lastStatus,
    last_error: delivery.lastError,
  };
}

export const ACCOUNT_COLUMNS: readonly Column[] = [
  ['username', 'ACCOUNT'],
  ['id', 'ID'],
  ['state', 'STATE'],
  ['name', 'NAME'],
  ['email', 'E-MAIL'],
  ['created_at', 'SINCE'],
];

export function accountRow({ id, username, state, claims, createdAt, passwordChangedAt }: Account): Row {
  const { name, email } = claims;
  return {
    id,
    username,
    state,
    name,
    email,
    created_at: iso(createdAt),
    password_changed_at: iso(passwordChangedAt),
  };
}

/** Looks each account up once. */
export function usernames(store: Store): (accountId: string) => Promise<string | undefined> {
  const known = new Map<string, Promise<string | undefined>>();
  return (accountId) => {
    const name =
      known.get(accountId) ?? store.accounts.find(accountId).then((account) => account?.username || undefined);
    known.set(accountId, name);
    return name;
  };
}
