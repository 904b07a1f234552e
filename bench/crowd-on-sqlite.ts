// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { DatabaseSync } from 'node:sqlite';
import { DAY, HOUR } from '../test/support/builders.ts';
import { APPS, type Crowd, GIVEN_UP_EVERY, MONTH_MS, POPULAR, SESSION_MS, SPREAD, TRYING_EVERY } from './crowd.ts';

/** Fills the store in the file `path`, which nobody has open. Indexes are made anew at the end: faster by far. */
export function crowdSqlite(path: string, crowd: Crowd): void {
  const db = new DatabaseSync(path);
  db.exec(
    'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1500000; PRAGMA temp_store = FILE',
  );
  const indexes = db.prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`).all();
  for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
  for (const statement of rowsOf(crowd)) db.exec(statement);
  for (const { sql } of indexes) db.exec(`${sql}`);
  db.close();
}

const id = (prefix: string, n: string) => `printf('${prefix}-%08x', (${n}) * ${SPREAD} % 4294967296)`;
const upTo = (count: number) =>
  `(WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${count}) SELECT n FROM numbers)`;

function rowsOf(crowd: Crowd): readonly string[] {
  const startOf = (n: string) => `(${crowd.beginning} + CAST((${n}) * ${MONTH_MS / crowd.sessions} AS INTEGER))`;
  const endOf = (n: string) => `(${startOf(n)} + ${SESSION_MS})`;
  const accountOf = (n: string) => `'account-' || ((${n}) % ${crowd.accounts})`;
  const appOf = (m: string) => `iif(${m} % 3 = 0, '${POPULAR}', 'app-' || (${m} * 7 % ${APPS}))`;
  const isEnded = (n: string) => `(${n}) < ${crowd.ended}`;
  const session = 'm / 3';
  const ended = `k % ${crowd.ended}`;
  const isTried = `k % ${TRYING_EVERY} = 0`;
  return [
    `INSERT INTO accounts (id, username, username_key, state, generation, claims, password_hash, created_at,
       password_changed_at)
     SELECT 'account-' || n, 'account-' || n, 'account-' || n, 'active', 0, '{}', 'none', ${crowd.beginning}, ${crowd.beginning}
     FROM ${upTo(crowd.accounts)}`,
    `INSERT INTO sessions (uid, account_id, state, gen_account, gen_realm, device_name, device_key, started_at,
       last_seen_at, idle_ms, expires_at, due_at, ended_at, logout_id, payload, authorizations)
     SELECT ${id('uid', 'n')}, ${accountOf('n')}, iif(${isEnded('n')}, 'ended', 'live'), 0, 0, 'Firefox on Linux',
       ${id('device', 'n')}, ${startOf('n')}, ${startOf('n')}, ${12 * HOUR}, ${crowd.now + 14 * DAY},
       iif(${isEnded('n')}, NULL, ${crowd.now + 14 * DAY}), iif(${isEnded('n')}, ${endOf('n')}, NULL),
       iif(${isEnded('n')}, ${id('logout', 'n')}, NULL), iif(${isEnded('n')}, NULL, '{}'), iif(${isEnded('n')}, NULL, '{}')
     FROM ${upTo(crowd.sessions)}`,
    `INSERT INTO session_cookies (cookie_hash, uid) SELECT ${id('cookie', 'n')}, ${id('uid', 'n')}
     FROM ${upTo(crowd.sessions)} WHERE NOT ${isEnded('n')}`,
    `INSERT INTO participations (sid, session_uid, client_id, account_id, sub, grant_id, started_at, renewed_at,
       session_started_at, ended_at, logout_id)
     SELECT ${id('sid', 'm')}, ${id('uid', session)}, ${appOf('m')}, ${accountOf(session)}, ${accountOf(session)},
       ${id('grant', session)}, ${startOf(session)}, ${startOf(session)}, ${startOf(session)},
       iif(${isEnded(session)}, ${endOf(session)}, NULL), iif(${isEnded(session)}, ${id('logout', session)}, NULL)
     FROM (SELECT n AS m FROM ${upTo(crowd.participations)})`,
    `INSERT INTO artifacts (model, id_hash, sealed_payload, grant_id, account_id, client_id, bound, gen_account, gen_realm,
       created_at, expires_at)
     SELECT 'Grant', ${id('grant', 'n')}, 'sealed', ${id('grant', 'n')}, ${accountOf('n')}, '${POPULAR}', 0, 0, 0,
       ${startOf('n')}, ${crowd.now + 60 * DAY}
     FROM ${upTo(crowd.grants)}`,
    `INSERT INTO logouts (id, target, target_kind, reason, actor_kind, at, account_id, sessions_ended, walking)
     SELECT ${id('logout', 'n')}, '{"kind":"session","uid":"' || ${id('uid', 'n')} || '"}', 'session', 'user', 'user',
       ${endOf('n')}, ${accountOf('n')}, 1, 0
     FROM ${upTo(crowd.ended)}`,
    `INSERT INTO deliveries (id, logout_id, client_id, account_id, session_uid, sid, sub, state, origin, created_at,
       attempts, next_attempt_at, last_attempt_at, last_status, deadline_at, deadline_becomes, ready_at)
     SELECT ${id('delivery', 'k')}, ${id('logout', ended)}, ${appOf('k')}, ${accountOf(ended)}, ${id('uid', ended)},
       ${id('delivery', 'k')}, ${accountOf(ended)},
       iif(${isTried}, 'trying', iif(k % ${GIVEN_UP_EVERY} = 1, 'given-up', 'told')),
       iif(${isTried}, 'https://sick.test', 'https://' || ${appOf('k')} || '.test'), ${endOf(ended)}, 1,
       iif(${isTried}, ${crowd.muchLater}, NULL), ${endOf(ended)}, 200, ${crowd.muchLater}, 'given-up',
       iif(${isTried}, ${crowd.muchLater}, NULL)
     FROM (SELECT n AS k FROM ${upTo(crowd.deliveries)})`,
  ];
}
