import type { Mail, MailKind, MailSettlement, MailState } from '../../activity/news.ts';
import type { MailFilter, MailStore, Page } from '../store.ts';
import { appendAudit } from './audit.ts';
import type { Connection, Params, Tx } from './connection.ts';
import { writeNews } from './news.ts';

/** The outbox. `due_at` is set while a mail waits only; a claim moves it, so that a claim that dies gives way by itself. */
export function createMails({ read, write, jot }: Connection): MailStore {
  return {
    post: (news) => write((tx) => writeNews(tx, news)),
    claim: ({ token, limit, leaseMs, now }) =>
      jot((tx) => {
        const due = 'SELECT id FROM mails WHERE due_at <= :now ORDER BY due_at, id LIMIT :limit';
        const until = now + leaseMs;
        tx.run(`UPDATE mails SET claim = :token, due_at = :until WHERE id IN (${due})`, { token, limit, now, until });
        return tx.all<MailRow>('SELECT * FROM mails WHERE claim = :token ORDER BY at, id', { token }).map(toMail);
      }),
    settle: (token, id, settlement) =>
      write((tx) => {
        const which = 'WHERE id = :id AND claim = :token';
        return (
          tx.run(`UPDATE mails SET ${SETTLED[settlement.kind]} ${which}`, settledParams(token, id, settlement)) > 0
        );
      }),
    nextDueAt: () =>
      read((tx) => {
        const sql = 'SELECT due_at FROM mails WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1';
        return tx.get<{ due_at: number }>(sql)?.due_at;
      }),
    find: (id) =>
      read((tx) => {
        const row = mailById(tx, id);
        return row && toMail(row);
      }),
    list: (filter, page) => read((tx) => list(tx, filter, page).map(toMail)),
    retry: (id, now, giveUpAt, audit) =>
      write((tx) => {
        const set = `state = 'waiting', claim = NULL, due_at = :now, settled_at = NULL,
          give_up_at = iif(give_up_at <= :now, :giveUpAt, give_up_at)`;
        const changed = tx.run(`UPDATE mails SET ${set} WHERE id = :id AND state <> 'sent'`, { id, now, giveUpAt });
        if (changed > 0) appendAudit(tx, audit);
        return changed > 0;
      }),
    removeBefore: (before, limit) =>
      jot((tx) => {
        const old = `SELECT id FROM mails WHERE settled_at < :before ORDER BY settled_at LIMIT :limit`;
        return tx.run(`DELETE FROM mails WHERE id IN (${old})`, { before, limit });
      }),
  };
}

interface MailRow {
  readonly id: string;
  readonly account_id: string;
  readonly kind: MailKind;
  readonly recipient: string;
  readonly locale: string | null;
  readonly at: number;
  readonly give_up_at: number;
  readonly facts: string;
  readonly sealed_token: string | null;
  readonly state: MailState;
  readonly attempts: number;
  readonly due_at: number | null;
  readonly last_error: string | null;
  readonly settled_at: number | null;
}

/** What was sent keeps no token; what was given up may be sent again. */
const SETTLED: Readonly<Record<MailSettlement['kind'], string>> = {
  sent: `state = 'sent', attempts = attempts + 1, due_at = NULL, claim = NULL, settled_at = :at, last_error = NULL,
    sealed_token = NULL`,
  retry: 'attempts = attempts + 1, due_at = :nextAttemptAt, claim = NULL, last_error = :error',
  'given-up': `state = 'given-up', attempts = attempts + 1, due_at = NULL, claim = NULL, settled_at = :at,
    last_error = :error`,
};

function settledParams(token: string, id: string, { kind: _, ...facts }: MailSettlement): Params {
  return { token, id, ...facts };
}

function mailById(tx: Tx, id: string): MailRow | undefined {
  return tx.get('SELECT * FROM mails WHERE id = :id', { id });
}

function list(tx: Tx, { accountId, state }: MailFilter, page: Page): readonly MailRow[] {
  const after = page.after === undefined ? undefined : mailById(tx, page.after);
  if (page.after !== undefined && !after) return [];
  const which = [
    accountId === undefined ? 'TRUE' : 'account_id = :accountId',
    // Together with an account, whose mails are few, the plus keeps SQLite on their index.
    state === undefined ? 'TRUE' : `${accountId === undefined ? '' : '+'}state = :state`,
    after ? '(at, id) < (:at, :id)' : 'TRUE',
  ].filter((condition) => condition !== 'TRUE');
  const where = which.length === 0 ? '' : `WHERE ${which.join(' AND ')}`;
  const sql = `SELECT * FROM mails ${where} ORDER BY at DESC, id DESC LIMIT :limit`;
  return tx.all(sql, { accountId, state, at: after?.at, id: after?.id, limit: page.limit });
}

function toMail(row: MailRow): Mail {
  return {
    id: row.id,
    accountId: row.account_id,
    kind: row.kind,
    to: row.recipient,
    locale: row.locale ?? undefined,
    at: row.at,
    giveUpAt: row.give_up_at,
    facts: JSON.parse(row.facts),
    sealedToken: row.sealed_token ?? undefined,
    state: row.state,
    attempts: row.attempts,
    nextAttemptAt: row.due_at ?? undefined,
    lastError: row.last_error ?? undefined,
    settledAt: row.settled_at ?? undefined,
  };
}
