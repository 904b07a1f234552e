/**
 * What names mean on this machine (DESIGN §6): its hosts file first, then DNS with its search list, and a name that DNS
 * does not know is asked of the system once before it counts as unknown. Not the system at once: its lookups hold threads
 * of libuv's pool, which signatures and files need, and a silent name server holds one for half a minute.
 */
import { promises as dns } from 'node:dns';
import { createGate } from './gate.ts';
import { createHostsFile, createSearchRules, HOSTS_PATH, namesToAsk, RESOLV_PATH } from './machine-files.ts';
import { type Resolve, shareLookups } from './shared-lookups.ts';

/** Each is what this machine has, unless a test says otherwise. */
export interface NameSources {
  readonly hostsPath?: string;
  readonly resolvPath?: string;
  /** Name servers, `address` or `address:port`. */
  readonly servers?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly system?: (host: string) => Promise<readonly string[]>;
}

/** c-ares keeps its pace up to here: with 512 in flight and 5 % silent names, healthy ones waited 1,067 ms instead of 6. */
const LOOKUPS_MAX = 64;
/** Half of libuv's pool, which all threads of a process share. */
const SYSTEM_LOOKUPS_MAX = 2;
const SYSTEM_QUEUE_MAX = 100;
/** How long the other family may take once one has answered (RFC 8305 §3). */
const OTHER_FAMILY_MS = 50;
/** "No such name", and "no address of that kind". */
const UNKNOWN = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

export function createNames(sources: NameSources = {}): Resolve {
  const hosts = createHostsFile(sources.hostsPath ?? HOSTS_PATH);
  const searchRules = createSearchRules(sources.resolvPath ?? RESOLV_PATH, sources.env ?? process.env);
  const askDns = createDns(sources.servers);
  const askSystem = createSystem(sources.system ?? lookUp);
  const ask: Resolve = async (host, signal) => {
    try {
      return await askDns(namesToAsk(host, searchRules()), signal);
    } catch (error) {
      if (!mayBeKnownElsewhere(error)) throw error;
      return askSystem(host, error as Error, signal);
    }
  };
  const remembered = shareLookups(ask, isUnknown);
  return async (host, signal) => {
    const name = host.toLowerCase();
    return hosts.find(name.replace(/\.$/, '')) ?? remembered(name, signal);
  };
}

function isUnknown(error: unknown): boolean {
  return UNKNOWN.has((error as NodeJS.ErrnoException).code ?? '');
}

/** DNS has no such name, or there is no name server at all: containers and laptops know names in other ways too. */
function mayBeKnownElsewhere(error: unknown): boolean {
  return isUnknown(error) || (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
}

async function lookUp(host: string): Promise<readonly string[]> {
  return (await dns.lookup(host, { all: true })).map((one) => one.address);
}

/** A few at a time: each holds a thread. Where too many wait, and where the system knows nothing, DNS's word stands. */
function createSystem(
  system: (host: string) => Promise<readonly string[]>,
): (host: string, unknown: Error, signal?: AbortSignal) => Promise<readonly string[]> {
  const gate = createGate({ slots: SYSTEM_LOOKUPS_MAX, queueMax: SYSTEM_QUEUE_MAX, full: () => new Error('full') });
  return async (host, unknown, signal) => {
    const found = await gate(() => system(host), signal).catch(() => [] as readonly string[]);
    signal?.throwIfAborted();
    if (found.length === 0) throw unknown;
    return found;
  };
}

/** Asks for the names one after the other until one has an address. A few names of a crowd at a time, the rest in order. */
function createDns(
  servers: readonly string[] | undefined,
): (names: readonly string[], signal?: AbortSignal) => Promise<readonly string[]> {
  const gate = createGate({ slots: LOOKUPS_MAX, queueMax: Number.POSITIVE_INFINITY, full: () => new Error('full') });
  // One for each lookup under way, because `cancel` ends all that one asks; kept, because making one costs 0.1 ms.
  const resolvers: dns.Resolver[] = [];
  return (names, signal) =>
    gate(async () => {
      const resolver = resolvers.pop() ?? createResolver(servers);
      const cancel = () => resolver.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      try {
        return await firstKnown(resolver, names, signal);
      } finally {
        signal?.removeEventListener('abort', cancel);
        resolver.cancel();
        resolvers.push(resolver);
      }
    }, signal);
}

function createResolver(servers: readonly string[] | undefined): dns.Resolver {
  const resolver = new dns.Resolver({ timeout: 1_000, tries: 2 });
  if (servers) resolver.setServers(servers);
  return resolver;
}

/** A domain of the search list whose server is sick does not hide the next; a name server that is silent ends it. */
async function firstKnown(
  resolver: dns.Resolver,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  let worst: NodeJS.ErrnoException | undefined;
  for (const name of names) {
    try {
      return await bothFamilies(resolver.resolve4(name), resolver.resolve6(name));
    } catch (error) {
      signal?.throwIfAborted();
      const failure = error as NodeJS.ErrnoException;
      const goesOn = isUnknown(failure) || failure.code === 'ESERVFAIL';
      if (!goesOn) throw failure;
      if (worst === undefined || failure.code === 'ESERVFAIL') worst = failure;
    }
  }
  throw worst ?? Object.assign(new Error('no name to ask for'), { code: 'ENOTFOUND' });
}

/** Addresses of both families; the slower one may hold the quicker for a moment only, and may fail. */
async function bothFamilies(v4: Promise<string[]>, v6: Promise<string[]>): Promise<string[]> {
  const both = Promise.allSettled([v4, v6]);
  const either = await Promise.any([v4, v6]).catch(({ errors }: AggregateError) => {
    // "Unknown" only where both say so: one that is silent may know it.
    throw errors.find((error) => !isUnknown(error)) ?? errors[0];
  });
  const other = await Promise.race([both, pause(OTHER_FAMILY_MS)]);
  if (other === undefined) return either;
  return other.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

function pause(ms: number): Promise<undefined> {
  return new Promise((done) => setTimeout(done, ms, undefined).unref());
}
