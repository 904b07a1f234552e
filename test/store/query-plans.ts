/**
 * How SQLite's planner means to reach the rows of every statement that was prepared. A statement that is quick beside ten
 * rows of a test may read all grants of everybody in production, and under the write lock.
 */
// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from '../../src/store/sqlite/migrations.ts';

/** More rows than this are a walk, and a walk is counted out by a LIMIT. */
const ROWS_MAX = 1_000;

/** A row for each app, process or sick origin: reading all of them is no walk. */
const SMALL = new Set([
  'breakers',
  'client_generations',
  'clients',
  'facts',
  'heartbeats',
  'operators',
  'signing_keys',
]);

/**
 * What ANALYZE finds in a store of 10⁶ sessions, 3 × 10⁶ participations, 10⁶ grants and 10⁷ deliveries: rows in the index,
 * then how many share its first column, its first two, and so on (sqlite.org/fileformat2.html#the_sqlite_stat1_table).
 */
const STATISTICS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  accounts: { sqlite_autoindex_accounts_1: '100000 1', accounts_by_name: '100000 1', accounts_by_email: '80000 1' },
  sessions: {
    sqlite_autoindex_sessions_1: '1000000 1',
    sessions_due: '200000 1 1',
    sessions_by_start: '1000000 1 1',
    sessions_of_account: '1000000 10 1 1',
    sessions_open: '200000 1 1',
    sessions_of_realm: '200000 100000',
    sessions_open_of_account: '200000 2 1 1',
    sessions_of_device: '200000 2',
    sessions_of_address: '900000 20 1 1',
    sessions_ended: '800000 1',
    sessions_used: '200000 2 1 1',
    sessions_over_of_account: '800000 8 1 1',
  },
  session_cookies: { session_cookies: '1200000 1', session_cookies_of: '1200000 2 1' },
  participations: {
    sqlite_autoindex_participations_1: '3000000 1',
    participations_of_session: '3000000 3 2',
    participations_to_end_account: '600000 6 2 2',
    participations_to_end_client: '600000 2000 2000',
    participations_inside: '600000 2000 1 1',
  },
  logouts: {
    sqlite_autoindex_logouts_1: '800000 1',
    logouts_by_link: '400000 1',
    logouts_walking: '10 1',
    logouts_by_time: '800000 1 1',
    logouts_of_account: '800000 8 1 1',
  },
  deliveries: {
    sqlite_autoindex_deliveries_1: '10000000 1',
    deliveries_ready: '1000000 2 1 1',
    deliveries_ready_of_origin: '1000000 30000 1 1',
    deliveries_overdue: '1000000 30000 1',
    deliveries_leased: '1000 100',
    deliveries_of_logout: '10000000 12 6 4 1',
    deliveries_trying: '1000000 30000',
    deliveries_by_time: '10000000 10 1',
    deliveries_untold: '1200000 200000 1 1',
    deliveries_of_client: '10000000 30000 2 1',
    deliveries_of_account: '10000000 100 3 1',
  },
  attempts: { attempts: '12000000 2 1' },
  artifacts: {
    sqlite_autoindex_artifacts_1: '3000000 500000 1',
    artifacts_of_grant: '2900000 3',
    artifacts_of_session: '2900000 9 3',
    grants_of_account: '1000000 10 2',
    artifacts_expiring: '3000000 1',
  },
  app_generations: { app_generations: '10000 2 1' },
  device_names: { device_names: '50000 2 1' },
  consents: { consents: '300000 3 1' },
  access_tokens: {
    access_tokens: '2000 1',
    access_tokens_by_hash: '2000 1',
    access_tokens_by_time: '2000 1 1',
    access_tokens_of_account: '2000 10 1 1',
    access_tokens_expiring: '2000 1',
  },
  registration_tokens: {
    registration_tokens: '200 1',
    registration_tokens_by_hash: '200 1',
    registration_tokens_by_time: '200 1 1',
    registration_tokens_expiring: '200 1',
  },
  audit: { audit_of_subject: '500000 5 1', audit_of_actor: '500000 20000 1', audit_of_action: '500000 30000 1' },
  answers: { answers: '100000 1', answers_expiring: '100000 1' },
  credentials: {
    sqlite_autoindex_credentials_1: '60000 1',
    credentials_of_account: '60000 2 1 1',
    credentials_by_passkey: '40000 1',
  },
  recovery_codes: { recovery_codes: '400000 10 1' },
  limits: { limits: '10000 1', limits_closing: '10000 1' },
  activity: { activity: '5000000 1', activity_of_account: '5000000 50 10 1 1', activity_by_time: '5000000 1' },
  mails: {
    mails: '100000 1',
    mails_due: '1000 1 1',
    mails_claimed: '10 10',
    mails_settled: '100000 1',
    mails_by_time: '100000 1 1',
    mails_in_state: '100000 30000 1 1',
    mails_of_account: '100000 2 1 1',
  },
  links: { links: '10000 1', links_of_account: '10000 2 1', links_expiring: '10000 1' },
  account_devices: { account_devices: '300000 3 1' },
};

/** Walks that a LIMIT counts out and that meet what they look for from the first row on. */
const WALKS = new Set([
  'activity_by_time (at<?)',
  'links_expiring (expires_at<?)',
  'mails_by_time',
  'mails_by_time ((at,id)<(?,?))',
  'mails_due (due_at<?)',
  'mails_due (due_at>?)',
  'mails_in_state (state=?)',
  'mails_in_state (state=? AND (at,id)<(?,?))',
  'mails_settled (settled_at<?)',
  'access_tokens_by_time ((created_at,id)>(?,?))',
  'access_tokens_expiring (expires_at<?)',
  'answers_expiring (expires_at<?)',
  'audit_of_action (action=? AND seq<?)',
  'audit_of_actor (actor_id=? AND seq<?)',
  'accounts_by_name (username_key>?)',
  'artifacts_expiring (expires_at<?)',
  'deliveries_by_time',
  'deliveries_by_time ((created_at,id)<(?,?))',
  'deliveries_of_client (client_id=?)',
  'deliveries_of_client (client_id=? AND (created_at,id)<(?,?))',
  'deliveries_ready (ready_at<?)',
  'deliveries_ready (ready_at>?)',
  'deliveries_ready_of_origin (origin>?)',
  'deliveries_ready_of_origin (origin=? AND ready_at<?)',
  'deliveries_ready_of_origin (origin=? AND ready_at>?)',
  'deliveries_overdue (origin=? AND deadline_at<?)',
  'deliveries_untold (state=?)',
  'deliveries_trying (origin=?)',
  'deliveries_untold (state=? AND (created_at,id)<(?,?))',
  'deliveries_untold (state=? AND (created_at,id)>(?,?))',
  'limits_closing (closes_at<?)',
  'logouts_by_time',
  'logouts_by_time ((at,id)<(?,?))',
  'logouts_by_time (at<?)',
  'participations_inside (client_id=?)',
  'participations_inside (client_id=? AND (session_started_at,session_uid)<(?,?))',
  'participations_to_end_client (client_id=? AND gen_client<?)',
  'sessions_by_start',
  'sessions_by_start ((started_at,uid)<(?,?))',
  'sessions_due (due_at<?)',
  'sessions_due ((due_at,uid)>(?,?) AND due_at<?)',
  'sessions_due (due_at>?)',
  'sessions_ended (ended_at<?)',
  'sessions_of_realm (gen_realm<?)',
  'sessions_open',
  'sessions_open ((started_at,uid)<(?,?))',
]);

/** Every statement that any connection prepares until `stop`; what a migration does, it does once. */
export function listenForStatements(): { readonly statements: ReadonlySet<string>; stop(): void } {
  const statements = new Set<string>();
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function listen(sql, options) {
    const isOnce = MIGRATIONS.some((migration) => migration.includes(sql));
    if (!isOnce && /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b/.test(sql)) statements.add(sql);
    return prepare.call(this, sql, options);
  };
  return {
    statements,
    stop() {
      DatabaseSync.prototype.prepare = prepare;
    },
  };
}

/**
 * What is wrong with how `statements` would be run in a store of this schema. SQLite is asked twice: as production asks
 * it, where nobody runs ANALYZE, and with what ANALYZE would have found; where the two differ, the choice hangs by a hair.
 */
export function faultsOf(db: DatabaseSync, statements: Iterable<string>): readonly string[] {
  const all = [...statements];
  const blind = all.map((sql) => waysOf(db, sql));
  layStatistics(db);
  const informed = all.map((sql) => waysOf(db, sql));
  return all.flatMap((sql, n) => {
    const [asked, known] = [blind[n] ?? [], informed[n] ?? []];
    const wrong = [...asked, ...known].flatMap((way) => faultOf(way, sql));
    const differs = namesOf(asked) === namesOf(known) ? [] : [`not pinned: ${namesOf(asked)} / ${namesOf(known)}`];
    return [...new Set([...wrong, ...differs])].map((fault) => `${fault}\n    ${sql.replace(/\s+/g, ' ')}`);
  });
}

/** One step of a plan that touches a table. */
interface Way {
  readonly table: string;
  /** The name of the index, or of the table where it is its own; undefined for a scan of all rows. */
  readonly index: string | undefined;
  readonly condition: string;
  /** The rows are sorted when all of them were read. */
  readonly sorted: boolean;
}

interface Step {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

function waysOf(db: DatabaseSync, sql: string): readonly Way[] {
  const steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all({}) as unknown as Step[];
  const sortedUnder = new Set(steps.filter(({ detail }) => /B-TREE FOR ORDER BY$/.test(detail)).map(byParent));
  // What a step of its own brings, in the order wanted, is judged there.
  const inner = new Set(steps.map(({ detail }) => /^(?:CO-ROUTINE|MATERIALIZE) (\w+)$/.exec(detail)?.[1]));
  return steps.flatMap((step) => {
    const way = inner.has(/^SCAN (\w+)$/.exec(step.detail)?.[1]) ? undefined : toWay(step.detail, sql);
    return way ? [{ ...way, sorted: sortedUnder.has(step.parent) }] : [];
  });
}

function byParent({ parent }: Step): number {
  return parent;
}

function toWay(detail: string, sql: string): Omit<Way, 'sorted'> | undefined {
  const [, name = '', rest = ''] = /^(?:SCAN|SEARCH) (\w+)(.*)$/.exec(detail) ?? [];
  if (name === '' || name === 'CONSTANT' || /VIRTUAL TABLE/.test(rest)) return undefined;
  if (new RegExp(`\\b${name} \\([\\w, ]+\\) AS \\(`).test(sql)) return undefined;
  const table = tableOf(name, sql);
  const [, kind, given, condition = ''] = /(INTEGER PRIMARY KEY|PRIMARY KEY|INDEX (\w+))(.*)$/.exec(rest) ?? [];
  if (kind === 'INTEGER PRIMARY KEY') return undefined;
  return { table, index: kind === 'PRIMARY KEY' ? table : given, condition: condition.trim() };
}

/** Plans name a table as the statement does. */
function tableOf(name: string, sql: string): string {
  for (const [, table = '', alias] of sql.matchAll(/\b(?:FROM|JOIN|UPDATE|INTO)\s+(\w+)(?:\s+(?:AS\s+)?(\w+))?/g)) {
    if (alias === name) return table;
  }
  return name;
}

function faultOf({ table, index, condition, sorted }: Way, sql: string): readonly string[] {
  if (SMALL.has(table)) return [];
  if (index === undefined) return [`reads all ${table}`];
  const statistic = STATISTICS[table]?.[index];
  if (statistic === undefined) return [`no statistic is known here for ${index} of ${table}`];
  const equal = condition.replace(/\(\(.*/, '').split('=?').length - 1;
  const rows = Number(statistic.split(' ')[equal]);
  if (rows <= ROWS_MAX || index === 'logouts_walking') return [];
  const way = `${index} ${condition}`.trim();
  if (!WALKS.has(way)) return [`reads ${rows} rows by ${way}`];
  return /\bLIMIT\b/.test(sql) && !sorted ? [] : [`walks ${way} to its end`];
}

function namesOf(ways: readonly Way[]): string {
  const names = ways.filter(({ table }) => !SMALL.has(table)).map(({ table, index }) => `${index ?? table}`);
  return [...new Set(names)].toSorted().join(', ');
}

/** As ANALYZE does, from which SQLite plans as soon as it has read them. */
function layStatistics(db: DatabaseSync): void {
  db.exec('ANALYZE');
  const insert = db.prepare('INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)');
  for (const [table, indexes] of Object.entries(STATISTICS)) {
    for (const [index, statistic] of Object.entries(indexes)) insert.run(table, index, statistic);
  }
  db.exec('ANALYZE sqlite_schema');
}
