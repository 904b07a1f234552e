import { chained } from '../audit-chain.ts';
import type { AuditActor, AuditEntry, AuditFilter, AuditRow, AuditStart, AuditStore } from '../store.ts';
import type { Connection, Params, Tx } from './connection.ts';
import { readFact, writeFact } from './facts.ts';

/** The last row that is gone, and the last one that was written. */
const START = 'audit-start';
const END = 'audit-end';

/** What operators did. */
export function createAudit({ read, jot }: Connection): AuditStore {
  return {
    list: (filter, limit) => read((tx) => list(tx, filter, limit).map(toAuditRow)),
    chain: (after, limit) =>
      read((tx) => {
        const sql = 'SELECT * FROM audit WHERE seq > :after ORDER BY seq LIMIT :limit';
        return tx.all<Row>(sql, { after, limit }).map(toAuditRow);
      }),
    bounds: () => read((tx) => ({ start: boundOf(tx, START), end: boundOf(tx, END) })),
    removeBefore: (before, limit) => jot((tx) => removeBefore(tx, before, limit)),
  };
}

/** Belongs into the write that it tells of. */
export function appendAudit(tx: Tx, entry: AuditEntry | undefined): void {
  if (!entry) return;
  const { actor, from, ...row } = chained(entry, boundOf(tx, END));
  tx.run(
    `INSERT INTO audit (seq, id, at, actor_kind, actor_id, came_from, action, subject, reason, before, after, previous, hash)
     VALUES (:seq, :id, :at, :actorKind, :actorId, :from, :action, :subject, :reason, :before, :after, :previous, :hash)`,
    { ...row, actorKind: actor.kind, actorId: actor.id, from },
  );
  writeFact(tx, END, JSON.stringify({ seq: row.seq, hash: row.hash }));
}

function boundOf(tx: Tx, name: string): AuditStart {
  const fact = readFact(tx, name);
  return fact === undefined ? { seq: 0, hash: '' } : JSON.parse(fact);
}

function list(tx: Tx, filter: AuditFilter, limit: number): readonly Row[] {
  const before = filter.before ?? Number.MAX_SAFE_INTEGER;
  const { subject, actorId, action } = filter;
  const params: Params = { subject, actorId, action, before, limit };
  return tx.all(listSql(filter), params);
}

/** The most telling filter leads; a plus keeps SQLite from going by one of the others. */
function listSql({ subject, actorId, action }: AuditFilter): string {
  const asked = [
    ...(subject === undefined ? [] : ['subject = :subject']),
    ...(actorId === undefined ? [] : ['actor_id = :actorId']),
    ...(action === undefined ? [] : ['action = :action']),
  ];
  const all = [...asked.map((one, index) => (index === 0 ? one : `+${one}`)), 'seq < :before'];
  return `SELECT * FROM audit WHERE ${all.join(' AND ')} ORDER BY seq DESC LIMIT :limit`;
}

/** From the start of the chain on: a row that is younger than one before it stays until that one goes. */
function removeBefore(tx: Tx, before: number, limit: number): number {
  const sql = 'SELECT seq, hash, at FROM audit WHERE seq > 0 ORDER BY seq LIMIT :limit';
  const rows = tx.all<{ seq: number; hash: string; at: number }>(sql, { limit });
  const young = rows.findIndex(({ at }) => at >= before);
  const old = young < 0 ? rows : rows.slice(0, young);
  const last = old.at(-1);
  if (!last) return 0;
  writeFact(tx, START, JSON.stringify({ seq: last.seq, hash: last.hash }));
  return tx.run('DELETE FROM audit WHERE seq <= :seq', { seq: last.seq });
}

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly actor_kind: AuditActor['kind'];
  readonly actor_id: string;
  readonly came_from: string | null;
  readonly action: string;
  readonly subject: string;
  readonly reason: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly previous: string;
  readonly hash: string;
}

function toAuditRow(row: Row): AuditRow {
  return {
    seq: row.seq,
    id: row.id,
    at: row.at,
    actor: { kind: row.actor_kind, id: row.actor_id },
    from: row.came_from ?? undefined,
    action: row.action,
    subject: row.subject,
    reason: row.reason ?? undefined,
    before: row.before ?? undefined,
    after: row.after ?? undefined,
    previous: row.previous,
    hash: row.hash,
  };
}
