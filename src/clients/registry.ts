import type { Clock } from '../ops/clock.ts';
import type { CryptoBox } from '../ops/crypto-box.ts';
import type { Log } from '../ops/log.ts';
import type {
  AuditEntry,
  CheckUp,
  ClientRecord,
  ClientSource,
  ClientState,
  ClientStore,
  SeenClient,
} from '../store/store.ts';
import { canBeTold } from './can-be-told.ts';
import type { Client } from './client-file.ts';
import { secretWarnings } from './client-warnings.ts';
import type { LoadedClients } from './load-clients.ts';

/**
 * The registered apps, in memory. Files say what is registered; the store remembers what was, so that an app whose file
 * broke or vanished can still be told about sign-offs. Who removes an app is `end` of a `client` target, nobody here.
 */
export interface Registry {
  /** Of any state; `removed` ones are needed while their last deliveries run. */
  get(clientId: string): KnownClient | undefined;
  /** By client id. */
  all(): readonly KnownClient[];
  /** What start says out loud. */
  ignored(): Ignored;
  /**
   * Takes over a fresh reading of the files, against what the store remembers: a good file replaces its record, a bad one
   * leaves the last good record, a vanished one suspends its app, and a removed app stays away. Logs each rejection.
   */
  apply(loaded: LoadedClients): Promise<void>;
  /** Reads what other processes wrote, all that the delivery thread and commands ever do; answers whether that was anything. */
  refresh(): Promise<boolean>;
  /**
   * Registers an app that no file speaks of, or changes one; who may is decided above, over what `get` gave: `seen`. Answers
   * `changed`, and writes nothing, when something else is registered by now.
   */
  put(entry: RegisteredClient, seen: KnownClient | undefined, audit: AuditEntry): Promise<'done' | 'changed'>;
  /** Keeps what a check-up found of the app that was `seen`, until that one changes. */
  checkedUp(seen: KnownClient, found: CheckUp, audit: AuditEntry): Promise<void>;
  /** Takes in an app that registers itself, by a token where it needs one (`ClientStore.register`). */
  add(entry: RegisteredClient, tokenHash: string | undefined, audit: AuditEntry): Promise<'done' | 'gone' | 'taken'>;
}

export interface RegisteredClient {
  readonly client: Client;
  readonly state: ClientState;
  readonly source: ClientSource;
  /** Of the token by which it changes its registration, where it registered itself. */
  readonly registrationHash?: string | undefined;
}

/** One that the store has. */
export interface KnownClient extends RegisteredClient, SeenClient {
  /** Of the app as it is now. */
  readonly checkUp?: CheckUp | undefined;
}

/** Ids of apps that somebody may miss. */
interface Ignored {
  /** No file (any more): no new sign-in, still told. */
  readonly suspended: readonly string[];
  /** No logout address: people stay signed in there. */
  readonly cannotBeTold: readonly string[];
}

type Entries = ReadonlyMap<string, KnownClient>;

export function createRegistry(parts: {
  store: Pick<ClientStore, 'all' | 'save' | 'replace' | 'checkedUp' | 'register' | 'version'>;
  box: CryptoBox;
  clock: Clock;
  log: Log;
}): Registry {
  const { store, box, clock, log } = parts;
  let entries: Entries = new Map();
  let known: string | undefined;
  const refresh = async () => {
    // Asked first: whoever writes between the two is read once more.
    const version = await store.version();
    if (version === known) return false;
    entries = read(await store.all(), entries, box);
    known = version;
    return true;
  };
  return {
    get: (clientId) => entries.get(clientId),
    all: () => [...entries.values()],
    ignored: () => ignoredOf(entries),
    refresh,
    async put(entry, seen, audit) {
      const answer = await store.replace(toRecord(entry, box, clock.now()), seen, audit);
      await refresh();
      return answer;
    },
    async checkedUp(seen, found, audit) {
      await store.checkedUp(seen.client.client_id, seen, found, audit);
      await refresh();
    },
    async add(entry, tokenHash, audit) {
      const now = clock.now();
      const token = tokenHash === undefined ? undefined : { hash: tokenHash, now };
      const answer = await store.register(toRecord(entry, box, now), token, audit);
      await refresh();
      return answer;
    },
    async apply(loaded) {
      await refresh();
      const { changed, missing, removed } = compare(loaded, entries);
      if (changed.length > 0) {
        const now = clock.now();
        await store.save(changed.map((one) => toRecord(one, box, now)));
        await refresh();
      }
      logLoad(log, loaded, missing, removed, entries);
    },
  };
}

/** Unsealing costs, and the library caches by identity: an unchanged record keeps its object. */
function read(records: readonly ClientRecord[], known: Entries, box: CryptoBox): Entries {
  const sorted = records.toSorted((a, b) => (a.clientId < b.clientId ? -1 : 1));
  return new Map(sorted.map((record) => [record.clientId, entryOf(record, known.get(record.clientId), box)]));
}

function entryOf(
  { clientId: _id, updatedAt: _at, ...record }: ClientRecord,
  old: KnownClient | undefined,
  box: CryptoBox,
) {
  const isSameText = old?.sealed === record.sealed;
  if (isSameText && old.state === record.state && old.checkUp?.at === record.checkUp?.at) return old;
  return { client: isSameText ? old.client : deepFreeze(JSON.parse(box.open(record.sealed)) as Client), ...record };
}

interface Comparison {
  readonly changed: readonly RegisteredClient[];
  /** Just suspended. */
  readonly missing: readonly string[];
  /** Their file is there although they were removed by an act. */
  readonly removed: readonly string[];
}

function compare({ clients, rejected }: LoadedClients, entries: Entries): Comparison {
  const present = new Set([...clients.map((one) => one.client_id), ...rejected.map((one) => one.client_id)]);
  const stateOf = (id: string) => entries.get(id)?.state;
  const gone = [...entries.values()].filter(
    ({ client, state, source }) => state === 'active' && source === 'file' && !present.has(client.client_id),
  );
  const fresh = clients.filter((client) => stateOf(client.client_id) !== 'removed' && !isSame(client, entries));
  return {
    changed: [
      ...fresh.map((client) => ({ client, state: 'active' as const, source: 'file' as const })),
      ...gone.map(({ client }) => ({ client, state: 'suspended' as const, source: 'file' as const })),
    ],
    missing: gone.map(({ client }) => client.client_id),
    removed: clients.map((client) => client.client_id).filter((id) => stateOf(id) === 'removed'),
  };
}

function isSame(client: Client, entries: Entries): boolean {
  const entry = entries.get(client.client_id);
  return (
    entry?.state === 'active' && entry.source === 'file' && JSON.stringify(entry.client) === JSON.stringify(client)
  );
}

function toRecord(entry: RegisteredClient, box: CryptoBox, now: number): ClientRecord {
  const { client, state, source, registrationHash } = entry;
  const record = {
    clientId: client.client_id,
    state,
    source,
    sealed: box.seal(JSON.stringify(client)),
    updatedAt: now,
  };
  return { ...record, ...(registrationHash !== undefined && { registrationHash }) };
}

function ignoredOf(entries: Entries): Ignored {
  const all = [...entries.values()];
  const ids = (some: readonly RegisteredClient[]) => some.map(({ client }) => client.client_id);
  return {
    suspended: ids(all.filter(({ state }) => state === 'suspended')),
    cannotBeTold: ids(all.filter(({ client, state }) => state !== 'removed' && !canBeTold(client))),
  };
}

/** One line for each problem, one for each app that vanished, one with the counts. */
function logLoad(
  log: Log,
  { clients, rejected }: LoadedClients,
  missing: readonly string[],
  removed: readonly string[],
  entries: Entries,
): void {
  for (const { file, client_id, problems } of rejected) {
    const kept = entries.has(client_id);
    for (const { line, field, message, fix } of problems) {
      log.warn('client.rejected', { file, line, field, message, fix, client_id, kept_last_good: kept });
    }
  }
  for (const client_id of missing) log.warn('client.missing', { client_id, state: 'suspended' });
  for (const client_id of removed) {
    log.warn('client.ignored', { client_id, message: 'was removed; "signoff clients add" brings it back' });
  }
  for (const client of clients) {
    const { client_id } = client;
    for (const message of secretWarnings(client)) log.warn('client.weak', { client_id, message });
  }
  const { suspended, cannotBeTold } = ignoredOf(entries);
  log.info('clients.loaded', {
    active: [...entries.values()].filter(({ state }) => state === 'active').length,
    suspended: suspended.length,
    rejected: rejected.length,
    cannot_be_told: cannotBeTold.length,
    ...(suspended.length > 0 && { suspended_ids: suspended }),
    ...(cannotBeTold.length > 0 && { cannot_be_told_ids: cannotBeTold }),
  });
}

/** Records are handed around; nobody may change one in passing. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const one of Object.values(value)) deepFreeze(one);
    Object.freeze(value);
  }
  return value;
}
