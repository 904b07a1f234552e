import type { AnswerStore } from '../store.ts';
import type { Connection } from './connection.ts';

/** First answers to requests that may be sent again. */
export function createAnswers({ write, jot }: Connection): AnswerStore {
  return {
    begin: (key, bodyHash, now, expiresAt) =>
      write((tx) => {
        const sql = 'SELECT body_hash, sealed_answer FROM answers WHERE key = :key AND expires_at > :now';
        const row = tx.get<{ body_hash: string; sealed_answer: string | null }>(sql, { key, now });
        if (row) return { bodyHash: row.body_hash, sealedAnswer: row.sealed_answer ?? undefined };
        tx.run('INSERT OR REPLACE INTO answers (key, body_hash, expires_at) VALUES (:key, :bodyHash, :expiresAt)', {
          key,
          bodyHash,
          expiresAt,
        });
        return 'begun';
      }),
    async finish(key, sealedAnswer) {
      await write((tx) =>
        tx.run('UPDATE answers SET sealed_answer = :sealedAnswer WHERE key = :key', { key, sealedAnswer }),
      );
    },
    async release(key) {
      await write((tx) => tx.run('DELETE FROM answers WHERE key = :key', { key }));
    },
    removeExpired: (now, limit) =>
      jot((tx) => {
        const old = 'SELECT key FROM answers WHERE expires_at <= :now ORDER BY expires_at LIMIT :limit';
        return tx.run(`DELETE FROM answers WHERE key IN (${old})`, { now, limit });
      }),
  };
}
