import type { Link, LinkPurpose } from '../../activity/news.ts';
import type { LinkStore } from '../store.ts';
import type { Connection } from './connection.ts';

/** One-time links: written with their mail (`news.ts`), spent by an end (`ending.ts`). */
export function createLinks({ read, jot }: Connection): LinkStore {
  return {
    find: (hash, purpose, now) =>
      read((tx) => {
        const sql = 'SELECT * FROM links WHERE hash = :hash AND purpose = :purpose AND expires_at > :now';
        const row = tx.get<LinkRow>(sql, { hash, purpose, now });
        return row && toLink(row);
      }),
    removeExpired: (now, limit) =>
      jot((tx) => {
        const expired = 'SELECT hash FROM links WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit';
        return tx.run(`DELETE FROM links WHERE hash IN (${expired})`, { now, limit });
      }),
  };
}

interface LinkRow {
  readonly hash: string;
  readonly purpose: LinkPurpose;
  readonly account_id: string;
  readonly session: string | null;
  readonly created_at: number;
  readonly expires_at: number;
  readonly used_at: number | null;
}

function toLink(row: LinkRow): Link {
  return {
    hash: row.hash,
    purpose: row.purpose,
    accountId: row.account_id,
    session: row.session ?? undefined,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at ?? undefined,
  };
}
