import type { Actor, EndCause, EndTarget, Logout, Reason, Scope } from '../../logout/logout.ts';
import type { Params, Tx } from './connection.ts';

export interface LogoutRow {
  readonly id: string;
  readonly target: string;
  readonly target_kind: EndTarget['kind'];
  readonly target_client_id: string | null;
  readonly scope: Scope | null;
  readonly reason: Reason;
  readonly actor_kind: Actor['kind'];
  readonly actor_id: string | null;
  readonly at: number;
  readonly account_id: string | null;
  readonly client_id: string | null;
  readonly link_hash: string | null;
  readonly sealed_continue_uri: string | null;
  readonly generation: number | null;
  readonly sessions_ended: number;
  readonly walking: 0 | 1;
  readonly paused: 0 | 1;
  readonly pace: number | null;
}

export function logoutById(tx: Tx, id: string): LogoutRow | undefined {
  return tx.get('SELECT * FROM logouts WHERE id = :id', { id });
}

/** A logout that has not ended anything yet. */
export function newLogout(facts: {
  id: string;
  target: EndTarget;
  cause: EndCause;
  at: number;
  accountId?: string;
  generation?: number | undefined;
}): LogoutRow {
  const { id, target, cause, at } = facts;
  return {
    id,
    target: JSON.stringify(target),
    target_kind: target.kind,
    target_client_id: 'clientId' in target ? target.clientId : null,
    scope: cause.scope ?? null,
    reason: cause.reason,
    actor_kind: cause.actor.kind,
    actor_id: cause.actor.id ?? null,
    at,
    account_id: facts.accountId ?? null,
    client_id: cause.clientId ?? null,
    link_hash: cause.receipt?.linkHash ?? null,
    sealed_continue_uri: cause.receipt?.sealedContinueUri ?? null,
    generation: facts.generation ?? null,
    sessions_ended: 0,
    walking: 0,
    paused: 0,
    pace: cause.pace ?? null,
  };
}

export function insertLogout(tx: Tx, row: LogoutRow): void {
  const names = Object.keys(row);
  const values = names.map((name) => `:${name}`);
  tx.run(
    `INSERT INTO logouts (${names.join(', ')}) VALUES (${values.join(', ')})`,
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value ?? undefined])),
  );
}

/** `:id`, `:at`, `:generation` and the fields of the target, for the SQL that ends what it names. */
export function targetParams(logout: LogoutRow): Params {
  return { ...JSON.parse(logout.target), id: logout.id, at: logout.at, generation: logout.generation ?? undefined };
}

export function toLogout(row: LogoutRow): Logout {
  return {
    id: row.id,
    target: JSON.parse(row.target),
    scope: row.scope ?? undefined,
    reason: row.reason,
    actor: { kind: row.actor_kind, ...(row.actor_id !== null && { id: row.actor_id }) },
    at: row.at,
    accountId: row.account_id ?? undefined,
    clientId: row.client_id ?? undefined,
    sealedContinueUri: row.sealed_continue_uri ?? undefined,
    sessionsEnded: row.sessions_ended,
    walking: row.walking === 1,
    paused: row.paused === 1,
    pace: row.pace ?? undefined,
  };
}
