import { promises as dns, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import {
  type AddressRules,
  isAddressAllowed,
  isAllowListed,
  isLiteral,
  isLocalhost,
  isSpecialName,
  normalHost,
  parseRules,
} from './address-rules.ts';
import { createGate } from './gate.ts';

/** A lookup as `net.connect` wants it (`dns.lookup`'s shape). */
type Lookup = (
  host: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
) => void;

/** Finds all addresses of a host name; rejects when there are none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Whom this process may call (invariant 10; requirements G6, G10, §17 SSRF). Made once from `SIGNOFF_OUTBOUND_ALLOW`. */
export interface Outbound {
  /** The allow-list as given. */
  readonly rules: readonly string[];
  /**
   * Why an address may neither be registered nor called, judged by its spelling alone, as a sentence with the way out;
   * undefined when it may. What a name resolves to is judged by `lookup`, the connected peer by `allowsAddress`.
   */
  refusal(url: string): string | undefined;
  /** Whether a connection to this address may be made, for this host name where it has one. */
  allowsAddress(ip: string, host?: string): boolean;
  /** For `http.Agent` and `net.connect`: answers addresses that were all checked, or fails with `OutboundRefused`. */
  readonly lookup: Lookup;
}

/** A name that resolves to an address nobody allowed, or an address that nobody allowed. Nothing was sent. */
export class OutboundRefused extends Error {
  readonly code = 'EOUTBOUND';
}

/** G6. */
const URL_CHARS_MAX = 2000;
/** c-ares keeps its pace up to here: with 512 in flight and 5 % silent names, healthy ones waited 1,067 ms instead of 6. */
const LOOKUPS_MAX = 64;
const CACHE_MS = 30_000;
const NEGATIVE_CACHE_MS = 3_000;
const CACHE_ENTRIES_MAX = 10_000;
/** How long the other family may take once one has answered (RFC 8305 §3). */
const OTHER_FAMILY_MS = 50;

/**
 * `allow` are networks and host names (`127.0.0.0/8`, `::1`, `rp.internal`); a bad one throws RangeError.
 * `resolve` is for tests of names that change their mind.
 */
export function createOutbound(options: { allow: readonly string[]; resolve?: Resolve }): Outbound {
  const rules = parseRules(options.allow);
  const resolve = options.resolve ?? cached(bounded(createResolve(rules)));
  return {
    rules: options.allow,
    refusal: (url) => refusal(rules, url),
    allowsAddress: (ip, host) => isAddressAllowed(rules, ip, host),
    lookup(host, lookupOptions, callback) {
      checkedAddresses(rules, resolve, host).then(
        (addresses) => answer(host, addresses, lookupOptions, callback),
        (error: NodeJS.ErrnoException) => callback(error, [], 0),
      );
    },
  };
}

function refusal(rules: AddressRules, text: string): string | undefined {
  const malformed = spellingProblem(text);
  if (malformed) return malformed;
  const url = new URL(text);
  const host = normalHost(url.hostname);
  const listed = isAllowListed(rules, host);
  const wayOut = `allow it with SIGNOFF_OUTBOUND_ALLOW if apps of your own network live there`;
  if (isLiteral(host) && !isAddressAllowed(rules, host)) return `${host} is not a public address; ${wayOut}`;
  if (isSpecialName(host) && !listed) return `${host} is a name of this machine or network; ${wayOut}`;
  if (url.protocol === 'http:' && !listed) {
    return `http: sends the token unprotected; use https:, or list ${host} in SIGNOFF_OUTBOUND_ALLOW`;
  }
  return undefined;
}

/** What is wrong with the text itself. Looks at the text, because the parser silently mends what attackers play with. */
function spellingProblem(text: string): string | undefined {
  if (text.length > URL_CHARS_MAX) return `it is longer than ${URL_CHARS_MAX} characters; use a shorter address`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(text)) return 'it has spaces, control characters or backslashes; take them out';
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) return 'it is not an absolute https: address';
  if (text.includes('#')) return 'it has a fragment (#…), which is never sent; take it out';
  if (/^[^:]+:\/\/[^/?]*@/.test(text)) return 'it has a user name or password before an @; take them out';
  return undefined;
}

/** Refuses when *any* answer is not allowed: a name that mixes public and private addresses is an attack or a mistake. */
async function checkedAddresses(rules: AddressRules, resolve: Resolve, host: string): Promise<readonly string[]> {
  if (isLocalhost(host) && isAllowListed(rules, host)) {
    return ['127.0.0.1', '::1'].filter((ip) => isAddressAllowed(rules, ip, host));
  }
  if (isSpecialName(host) && !isAllowListed(rules, host)) throw refused(host, 'is a name of this machine or network');
  const addresses = await resolve(normalHost(host));
  const bad = addresses.find((ip) => !isAddressAllowed(rules, ip, host));
  if (bad !== undefined) throw refused(host, `resolves to ${bad}, which is not a public address`);
  return addresses;
}

function refused(host: string, why: string): OutboundRefused {
  return new OutboundRefused(`${host} ${why}; allow it with SIGNOFF_OUTBOUND_ALLOW if that is meant`);
}

function answer(host: string, all: readonly string[], options: LookupOptions, callback: Parameters<Lookup>[2]): void {
  const wanted =
    options.family === 4 || options.family === 'IPv4' ? 4 : options.family === 6 || options.family === 'IPv6' ? 6 : 0;
  const found = all
    .map((address) => ({ address, family: isIP(address) }))
    .filter((one) => !wanted || one.family === wanted);
  const first = found[0];
  if (first === undefined) callback(Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }), [], 0);
  else if (options.all) callback(null, found);
  else callback(null, first.address, first.family);
}

/** Allow-listed names may live in /etc/hosts only, so the system is asked; all others go to c-ares, off the thread pool. */
function createResolve(rules: AddressRules): Resolve {
  const resolver = new dns.Resolver({ timeout: 1_000, tries: 2 });
  return async (host) => {
    if (isAllowListed(rules, host)) return (await dns.lookup(host, { all: true })).map((one) => one.address);
    return bothFamilies(resolver.resolve4(host), resolver.resolve6(host));
  };
}

/** Addresses of both families; the slower one may hold the quicker for a moment only, and may fail. */
async function bothFamilies(v4: Promise<string[]>, v6: Promise<string[]>): Promise<string[]> {
  const either = await Promise.any([v4, v6]).catch((error: AggregateError) => {
    throw error.errors[0];
  });
  const other = await Promise.race([Promise.allSettled([v4, v6]), pause(OTHER_FAMILY_MS)]);
  if (other === undefined) return either;
  return other.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

function pause(ms: number): Promise<undefined> {
  return new Promise((done) => setTimeout(done, ms, undefined).unref());
}

/** At most `LOOKUPS_MAX` at a time, the rest in order. */
function bounded(resolve: Resolve): Resolve {
  const gate = createGate({
    slots: LOOKUPS_MAX,
    queueMax: Number.POSITIVE_INFINITY,
    full: () => new Error('unreachable'),
  });
  return (host) => gate(() => resolve(host));
}

/** Remembers answers for 30 s and failures for 3 s; askers of the same name share one lookup. Checks come after it. */
function cached(resolve: Resolve): Resolve {
  const known = new Map<string, { readonly until: number; readonly addresses: Promise<readonly string[]> }>();
  return (host) => {
    const hit = known.get(host);
    if (hit && hit.until > performance.now()) return hit.addresses;
    known.delete(host);
    const addresses = resolve(host);
    known.set(host, { until: performance.now() + CACHE_MS, addresses });
    addresses.catch(() => known.set(host, { until: performance.now() + NEGATIVE_CACHE_MS, addresses }));
    const oldest = known.keys().next().value;
    if (known.size > CACHE_ENTRIES_MAX && oldest !== undefined) known.delete(oldest);
    return addresses;
  };
}
