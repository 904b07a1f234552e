/**
 * The first schema. Instants are epoch milliseconds, JSON is text, ids are compared byte by byte (SQLite's BINARY), so
 * that two ids that differ only in case are two ids. Each index names the query it is for.
 */
export const SCHEMA_1 = `
-- single values: establishment, outbound rules, the realm's generation
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  username TEXT NOT NULL,
  username_key TEXT,                      -- NULL once deleted: the name is free again
  state TEXT NOT NULL,
  generation INTEGER NOT NULL,
  claims TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  password_changed_at INTEGER NOT NULL
);
-- sign-in by name, "taken", and the list by name
CREATE UNIQUE INDEX accounts_by_name ON accounts (username_key) WHERE username_key IS NOT NULL;

CREATE TABLE consents (
  account_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  scopes TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, client_id)
) WITHOUT ROWID;

CREATE TABLE clients (
  client_id TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  sealed TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) WITHOUT ROWID;

-- beside the clients, so that loading a client file can never undo one
CREATE TABLE cut_offs (client_id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE sessions (
  uid TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  state TEXT NOT NULL,
  gen_account INTEGER NOT NULL,
  gen_realm INTEGER NOT NULL,
  device_name TEXT NOT NULL,
  device_key TEXT,
  started_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL,
  idle_ms INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  due_at INTEGER,                         -- when the sweep must look; NULL once ended
  ended_at INTEGER,
  logout_id TEXT,
  joins INTEGER NOT NULL DEFAULT 0,       -- written by every join, so that join and end meet on this row
  payload TEXT,                           -- NULL while arriving and once ended
  authorizations TEXT
);
-- the sweep, and when to sweep next
CREATE INDEX sessions_due ON sessions (due_at) WHERE due_at IS NOT NULL;
-- list newest first, of everybody and of one account
CREATE INDEX sessions_by_start ON sessions (started_at, uid);
CREATE INDEX sessions_of_account ON sessions (account_id, started_at, uid);
-- ending an account, however many sessions of the last month are still kept
CREATE INDEX sessions_to_end ON sessions (account_id) WHERE state <> 'ended';
-- "who else is signed in in this browser"
CREATE INDEX sessions_of_device ON sessions (device_key) WHERE state = 'live';
-- removal after the retention time
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE session_cookies (
  cookie_hash TEXT PRIMARY KEY,
  uid TEXT NOT NULL,
  retired_at INTEGER                      -- NULL for the current id
) WITHOUT ROWID;
-- rotation retires the ids before; removal with the session
CREATE INDEX session_cookies_of ON session_cookies (uid);

CREATE TABLE participations (
  sid TEXT PRIMARY KEY,
  session_uid TEXT NOT NULL,
  client_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  sub TEXT NOT NULL,
  grant_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  renewed_at INTEGER NOT NULL,            -- when its last code was made
  ended_at INTEGER,
  logout_id TEXT
);
-- everything of a session: views, hidden authorizations; what of it is still to end
CREATE INDEX participations_of_session ON participations (session_uid, ended_at);
-- ending one account, one app of it, one app of everybody; the live ones only, oldest first, so that a walk goes on
-- where it stopped
CREATE INDEX participations_to_end_account ON participations (account_id, client_id, started_at) WHERE ended_at IS NULL;
CREATE INDEX participations_to_end_client ON participations (client_id, started_at) WHERE ended_at IS NULL;

CREATE TABLE logouts (
  id TEXT PRIMARY KEY,
  target TEXT NOT NULL,
  target_kind TEXT NOT NULL,
  target_client_id TEXT,
  scope TEXT,
  reason TEXT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  at INTEGER NOT NULL,
  account_id TEXT,
  client_id TEXT,
  link_hash TEXT,                         -- NULL once the receipt was closed
  sealed_continue_uri TEXT,
  generation INTEGER,                     -- of an account's end: what is older is its to end
  sessions_ended INTEGER NOT NULL,
  walking INTEGER NOT NULL
);
-- the receipt
CREATE UNIQUE INDEX logouts_by_link ON logouts (link_hash) WHERE link_hash IS NOT NULL;
-- what to resume; almost always empty, so that asking it on a join costs nothing
CREATE INDEX logouts_walking ON logouts (at) WHERE walking = 1;
-- removal after the retention time
CREATE INDEX logouts_by_time ON logouts (at);

CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  logout_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  account_id TEXT NOT NULL,
  session_uid TEXT NOT NULL,
  sid TEXT NOT NULL,
  sub TEXT NOT NULL,
  state TEXT NOT NULL,
  origin TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  refusals INTEGER NOT NULL DEFAULT 0,
  backoff_ms INTEGER NOT NULL DEFAULT 0,
  next_attempt_at INTEGER,
  last_attempt_at INTEGER,
  last_status INTEGER,
  last_error TEXT,
  deadline_at INTEGER NOT NULL,
  deadline_becomes TEXT NOT NULL,
  ready_at INTEGER,                       -- of a trying one: when it may be claimed; the end of its lease while leased
  lease_token TEXT,
  lease_process TEXT,
  lease_until INTEGER
);
-- claim: the head of all, of one origin (a probe), and when the next one is due. Covering, so that skipping the rows of
-- a sick origin reads the index only
CREATE INDEX deliveries_ready ON deliveries (ready_at, origin, id) WHERE ready_at IS NOT NULL;
CREATE INDEX deliveries_ready_of_origin ON deliveries (origin, ready_at, id) WHERE ready_at IS NOT NULL;
-- what is past its deadline at a sick origin
CREATE INDEX deliveries_overdue ON deliveries (origin, deadline_at) WHERE ready_at IS NOT NULL;
-- what a dead process holds
CREATE INDEX deliveries_leased ON deliveries (lease_process) WHERE lease_process IS NOT NULL;
-- progress and apps of a logout, without touching the rows
CREATE INDEX deliveries_of_logout ON deliveries (logout_id, state, attempts);
-- lists, newest first: all, what somebody must look at, of one client, of one account
CREATE INDEX deliveries_by_time ON deliveries (created_at, id);
CREATE INDEX deliveries_failed ON deliveries (created_at, id) WHERE state IN ('refused', 'given-up');
CREATE INDEX deliveries_of_client ON deliveries (client_id, created_at, id);
CREATE INDEX deliveries_of_account ON deliveries (account_id, created_at, id);

CREATE TABLE attempts (
  delivery_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  ms INTEGER NOT NULL,
  jti TEXT NOT NULL,
  verdict TEXT NOT NULL,
  status INTEGER,
  error TEXT,
  answer TEXT,
  PRIMARY KEY (delivery_id, number)
) WITHOUT ROWID;

CREATE TABLE breakers (
  origin TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,
  open_until INTEGER NOT NULL,
  open_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE heartbeats (process_id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE artifacts (
  model TEXT NOT NULL,
  id_hash TEXT NOT NULL,
  sealed_payload TEXT NOT NULL,
  grant_id TEXT,
  session_uid TEXT,
  account_id TEXT,
  client_id TEXT,
  bound INTEGER NOT NULL,
  gen_account INTEGER,
  gen_realm INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  consumed_at INTEGER,
  PRIMARY KEY (model, id_hash)
);
-- revocation of a grant, and whether anything still hangs on it
CREATE INDEX artifacts_of_grant ON artifacts (grant_id) WHERE grant_id IS NOT NULL;
-- tokens of one app in one session, whatever their grant
CREATE INDEX artifacts_of_session ON artifacts (session_uid, client_id) WHERE grant_id IS NOT NULL;
-- every grant of an account, or of an account and client
CREATE INDEX grants_of_account ON artifacts (account_id, client_id) WHERE model = 'Grant';
-- removal of what expired
CREATE INDEX artifacts_expiring ON artifacts (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE signing_keys (
  kid TEXT PRIMARY KEY,
  alg TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  sealed_private_jwk TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  signs_from INTEGER NOT NULL,
  retired_at INTEGER
) WITHOUT ROWID;

CREATE TABLE limits (key TEXT PRIMARY KEY, count INTEGER NOT NULL, closes_at INTEGER NOT NULL) WITHOUT ROWID;
-- removal of closed windows
CREATE INDEX limits_closing ON limits (closes_at);
`;
