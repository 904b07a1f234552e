import type { ActivityEvent, NewLink, NewMail, News } from '../../activity/news.ts';
import type { Tx } from './connection.ts';

/** Devices that are remembered of one account: whoever browses in private windows is somebody new each time. */
const DEVICES_MAX = 200;

/** What a write tells people of, in that write. */
export function writeNews(tx: Tx, { events, mails }: News): void {
  for (const event of events) writeEvent(tx, event);
  for (const mail of mails) postMail(tx, mail);
}

/** One that is there stays as it is: the walk of a large end comes by an account more than once. */
export function writeEvent(tx: Tx, event: ActivityEvent): void {
  tx.run(`${INSERT_EVENT} ON CONFLICT (id) DO NOTHING`, eventParams(event));
}

/** The next failed try of the same day and address raises the count of the first. */
export function countFailedTry(tx: Tx, event: ActivityEvent): void {
  tx.run(
    `${INSERT_EVENT} ON CONFLICT (id) DO UPDATE SET at = max(at, excluded.at),
       detail = json_set(detail, '$.count', (detail ->> '$.count') + 1)`,
    eventParams(event),
  );
}

const INSERT_EVENT = `INSERT INTO activity (id, account_id, at, kind, actor, session, device, place, client_id, reason,
    logout_id, detail)
  VALUES (:id, :accountId, :at, :kind, :actor, :session, :device, :place, :clientId, :reason, :logoutId, :detail)`;

function eventParams({ detail, ...event }: ActivityEvent) {
  return { ...event, detail: detail && JSON.stringify(detail) };
}

export function postMail(tx: Tx, { to, facts, link, ...mail }: NewMail): void {
  tx.run(
    `INSERT INTO mails (id, account_id, kind, recipient, locale, at, give_up_at, facts, sealed_token, state, due_at)
     VALUES (:id, :accountId, :kind, :to, :locale, :at, :giveUpAt, :facts, :sealedToken, 'waiting', :at)`,
    { ...mail, to, facts: JSON.stringify(facts) },
  );
  if (link) writeLink(tx, link);
}

function writeLink(tx: Tx, link: NewLink): void {
  tx.run(
    `INSERT INTO links (hash, purpose, account_id, session, created_at, expires_at)
     VALUES (:hash, :purpose, :accountId, :session, :createdAt, :expiresAt)`,
    { ...link },
  );
}

/** `new` where the account has others, and this is none of them. */
export function meetDevice(tx: Tx, accountId: string, deviceKey: string, now: number): 'first' | 'new' | 'known' {
  const params = { accountId, deviceKey, now };
  const known = tx.run(
    'UPDATE account_devices SET seen_at = :now WHERE account_id = :accountId AND device_key = :deviceKey',
    params,
  );
  if (known > 0) return 'known';
  const others = tx.get('SELECT 1 FROM account_devices WHERE account_id = :accountId LIMIT 1', params);
  tx.run('INSERT INTO account_devices (account_id, device_key, seen_at) VALUES (:accountId, :deviceKey, :now)', params);
  tx.run(
    `DELETE FROM account_devices WHERE account_id = :accountId AND device_key IN
       (SELECT device_key FROM account_devices WHERE account_id = :accountId
        ORDER BY seen_at DESC LIMIT -1 OFFSET ${DEVICES_MAX})`,
    params,
  );
  return others ? 'new' : 'first';
}

/** Compare-and-set: false for one that is spent, too old, of another purpose or not there. */
export function spendLink(tx: Tx, hash: string, at: number): boolean {
  const sql = 'UPDATE links SET used_at = :at WHERE hash = :hash AND used_at IS NULL AND expires_at > :at';
  return tx.run(sql, { hash, at }) > 0;
}

/** Who has a new password needs no older link to set one; nor must anybody else have it. */
export function voidResets(tx: Tx, accountId: string, at: number): void {
  const sql = `UPDATE links SET used_at = :at WHERE account_id = :accountId AND purpose = 'reset' AND used_at IS NULL`;
  tx.run(sql, { accountId, at });
}
