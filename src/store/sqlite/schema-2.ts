/** What changed since the first schema. Each index names the query it is for. */
export const SCHEMA_2 = `
-- keys that leaked prove nothing any more, not even old hints
ALTER TABLE signing_keys ADD COLUMN leaked_at INTEGER;

-- lists of what is not told, newest first: what somebody must look at
DROP INDEX deliveries_failed;
CREATE INDEX deliveries_untold ON deliveries (state, created_at, id) WHERE state <> 'told';

-- the sweep, in turn also where many fall due at the same instant, and when to sweep next
DROP INDEX sessions_due;
CREATE INDEX sessions_due ON sessions (due_at, uid) WHERE due_at IS NOT NULL;

-- what is open, newest first: of everybody, and of one account, which is also how an account ends; however many sessions
-- of the last month are still kept
DROP INDEX sessions_to_end;
CREATE INDEX sessions_open ON sessions (started_at, uid) WHERE state <> 'ended';
CREATE INDEX sessions_open_of_account ON sessions (account_id, started_at, uid) WHERE state <> 'ended';

-- sessions with one app inside, newest session first
ALTER TABLE participations ADD COLUMN session_started_at INTEGER;
UPDATE participations SET session_started_at = (SELECT started_at FROM sessions WHERE uid = session_uid)
  WHERE ended_at IS NULL;
CREATE INDEX participations_inside ON participations (client_id, session_started_at, session_uid)
  WHERE ended_at IS NULL;

-- progress and apps of a logout, counted without touching the rows, and of an app the one attempted last; what is at work
DROP INDEX deliveries_of_logout;
CREATE INDEX deliveries_of_logout ON deliveries (logout_id, state, client_id, last_attempt_at);

-- sign-in by e-mail address, where it is verified
CREATE INDEX accounts_by_email ON accounts (lower(claims ->> '$.email')) WHERE claims ->> '$.email_verified' = 1;

-- ready_at is when a claim may take a delivery: NULL while it is leased, too
UPDATE deliveries INDEXED BY deliveries_leased SET ready_at = NULL WHERE lease_process IS NOT NULL;
-- whether an origin is still owed anything
CREATE INDEX deliveries_trying ON deliveries (origin) WHERE state = 'trying';

-- what an engine learnt within minutes is not worth carrying over
DROP TABLE breakers;
CREATE TABLE breakers (
  origin TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,
  shut_until INTEGER NOT NULL,
  shut_ms INTEGER NOT NULL,
  probe_token TEXT,                       -- the lease of the delivery that is the probe
  probe_process TEXT,
  probe_until INTEGER
) WITHOUT ROWID;

DROP TABLE heartbeats;
CREATE TABLE heartbeats (process_id TEXT PRIMARY KEY, at INTEGER NOT NULL, home TEXT) WITHOUT ROWID;

-- its app asked for this end by the ID token of this very participation: a 400 from it is no refusal
ALTER TABLE deliveries ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;

-- how often a client was cut off, and how often an app of one account: what carries a lower number is dead
CREATE TABLE client_generations (client_id TEXT PRIMARY KEY, generation INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE app_generations (
  account_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  PRIMARY KEY (account_id, client_id)
) WITHOUT ROWID;
ALTER TABLE participations ADD COLUMN gen_client INTEGER NOT NULL DEFAULT 0;
ALTER TABLE participations ADD COLUMN gen_app INTEGER NOT NULL DEFAULT 0;
-- of a Grant
ALTER TABLE artifacts ADD COLUMN gen_client INTEGER NOT NULL DEFAULT 0;
ALTER TABLE artifacts ADD COLUMN gen_app INTEGER NOT NULL DEFAULT 0;
-- ending one app of an account, and one app of everybody: a walk reads what is older, not who came back since
DROP INDEX participations_to_end_account;
DROP INDEX participations_to_end_client;
CREATE INDEX participations_to_end_account ON participations (account_id, client_id, gen_app) WHERE ended_at IS NULL;
CREATE INDEX participations_to_end_client ON participations (client_id, gen_client) WHERE ended_at IS NULL;

-- everybody: what is older than the realm's generation; a walk that is paced, and may be paused
CREATE INDEX sessions_of_realm ON sessions (gen_realm) WHERE state <> 'ended';
ALTER TABLE logouts ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE logouts ADD COLUMN pace INTEGER;

-- where a client was registered
ALTER TABLE clients ADD COLUMN source TEXT NOT NULL DEFAULT 'file';

-- logouts, newest first: of everybody, and of one account; removal
DROP INDEX logouts_by_time;
CREATE INDEX logouts_by_time ON logouts (at, id);
CREATE INDEX logouts_of_account ON logouts (account_id, at, id) WHERE account_id IS NOT NULL;

-- who runs this service
CREATE TABLE operators (account_id TEXT PRIMARY KEY, role TEXT NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE access_tokens (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  account_id TEXT NOT NULL,
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
-- who calls; the list, of everybody and of one account; removal
CREATE UNIQUE INDEX access_tokens_by_hash ON access_tokens (hash);
CREATE INDEX access_tokens_by_time ON access_tokens (created_at, id);
CREATE INDEX access_tokens_of_account ON access_tokens (account_id, created_at, id);
CREATE INDEX access_tokens_expiring ON access_tokens (expires_at);

-- by which apps register themselves, and change their registration
CREATE TABLE registration_tokens (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL,
  party TEXT NOT NULL,
  uses_left INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX registration_tokens_by_hash ON registration_tokens (hash);
CREATE INDEX registration_tokens_by_time ON registration_tokens (created_at, id);
CREATE INDEX registration_tokens_expiring ON registration_tokens (expires_at);
ALTER TABLE clients ADD COLUMN registration_hash TEXT;

-- what they did: each row carries the hash of the one before
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  came_from TEXT,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  reason TEXT,
  before TEXT,
  after TEXT,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL
);
-- lists, newest first
CREATE INDEX audit_of_subject ON audit (subject, seq);
CREATE INDEX audit_of_actor ON audit (actor_id, seq);
CREATE INDEX audit_of_action ON audit (action, seq);

-- first answers to requests that may be sent again
CREATE TABLE answers (key TEXT PRIMARY KEY, body_hash TEXT NOT NULL, sealed_answer TEXT, expires_at INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE INDEX answers_expiring ON answers (expires_at);

-- A cut-off was an instant. What began at its client later is of the first generation from here on; what began before
-- stays of none, and dead. So is what a walk through an app of one account has not reached.
INSERT INTO client_generations (client_id, generation) SELECT client_id, 1 FROM cut_offs;
UPDATE participations SET gen_client = 1 WHERE ended_at IS NULL
  AND started_at > (SELECT at FROM cut_offs c WHERE c.client_id = participations.client_id);
UPDATE artifacts SET gen_client = 1 WHERE model = 'Grant'
  AND created_at > (SELECT at FROM cut_offs c WHERE c.client_id = artifacts.client_id);
DROP TABLE cut_offs;
CREATE TEMP TABLE walked AS SELECT account_id, target_client_id AS client_id, max(at) AS at FROM logouts
  WHERE walking = 1 AND target_kind = 'account-client' GROUP BY account_id, target_client_id;
INSERT INTO app_generations (account_id, client_id, generation) SELECT account_id, client_id, 1 FROM walked;
UPDATE participations SET gen_app = 1 WHERE ended_at IS NULL AND started_at > (SELECT at FROM walked w
  WHERE w.account_id = participations.account_id AND w.client_id = participations.client_id);
UPDATE artifacts SET gen_app = 1 WHERE model = 'Grant' AND created_at > (SELECT at FROM walked w
  WHERE w.account_id = artifacts.account_id AND w.client_id = artifacts.client_id);
DROP TABLE walked;
UPDATE logouts SET generation = 1 WHERE walking = 1 AND target_kind IN ('client', 'account-client');

-- what happened to an account, newest first, kind by kind; and what is old
CREATE TABLE activity (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  session TEXT,
  device TEXT,
  place TEXT,
  client_id TEXT,
  reason TEXT,
  logout_id TEXT,
  detail TEXT
) WITHOUT ROWID;
CREATE INDEX activity_of_account ON activity (account_id, kind, at, id);
CREATE INDEX activity_by_time ON activity (at);

-- mails: due_at while one waits, also when a claim has it
CREATE TABLE mails (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  recipient TEXT NOT NULL,
  locale TEXT,
  at INTEGER NOT NULL,
  give_up_at INTEGER NOT NULL,
  facts TEXT NOT NULL,
  sealed_token TEXT,                      -- of the link in it; gone once it was sent
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER,
  claim TEXT,
  last_error TEXT,
  settled_at INTEGER
) WITHOUT ROWID;
CREATE INDEX mails_due ON mails (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX mails_claimed ON mails (claim) WHERE claim IS NOT NULL;
CREATE INDEX mails_settled ON mails (settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX mails_by_time ON mails (at, id);
CREATE INDEX mails_in_state ON mails (state, at, id);
CREATE INDEX mails_of_account ON mails (account_id, at, id);

-- links in mails, by the hash of their token
CREATE TABLE links (
  hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL,
  account_id TEXT NOT NULL,
  session TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) WITHOUT ROWID;
CREATE INDEX links_of_account ON links (account_id, purpose);
CREATE INDEX links_expiring ON links (expires_at);

-- browsers that an account signed in with, by the hash of their cookie
CREATE TABLE account_devices (
  account_id TEXT NOT NULL,
  device_key TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, device_key)
) WITHOUT ROWID;
INSERT INTO account_devices (account_id, device_key, seen_at)
  SELECT account_id, device_key, max(started_at) FROM sessions WHERE device_key IS NOT NULL
  GROUP BY account_id, device_key;

-- passkeys and authenticator apps; counter is how far a passkey has counted, or the last time step that was taken
CREATE TABLE credentials (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  passkey_id TEXT,
  counter INTEGER NOT NULL,
  facts TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX credentials_of_account ON credentials (account_id, created_at, id);
CREATE UNIQUE INDEX credentials_by_passkey ON credentials (passkey_id) WHERE passkey_id IS NOT NULL;

-- those that were not used yet
CREATE TABLE recovery_codes (account_id TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (account_id, hash)) WITHOUT ROWID;

ALTER TABLE accounts ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN locale TEXT;

-- what a person sees of their own sessions: where one began, what its owner calls its browser
ALTER TABLE sessions ADD COLUMN place TEXT;
ALTER TABLE sessions ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET shared = 1 WHERE payload ->> '$.transient' = 1;
ALTER TABLE sessions ADD COLUMN address_key TEXT;
-- sessions of one address, newest first
CREATE INDEX sessions_of_address ON sessions (address_key, started_at, uid) WHERE address_key IS NOT NULL;
CREATE INDEX sessions_used ON sessions (account_id, last_seen_at, uid) WHERE state = 'live';
CREATE INDEX sessions_over_of_account ON sessions (account_id, ended_at, uid) WHERE state = 'ended';
CREATE TABLE device_names (
  account_id TEXT NOT NULL,
  device_key TEXT NOT NULL,               -- of a browser that has none: the uid of its session
  name TEXT NOT NULL,
  named_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, device_key)
) WITHOUT ROWID;
`;
