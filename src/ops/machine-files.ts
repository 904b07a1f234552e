/** What this machine says about names before anybody is asked: its hosts file, and the search list of its resolver. */
import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { plainAddress } from './network.ts';

/** hosts(5): addresses by name. Unknown names answer undefined. */
export interface HostsFile {
  find(name: string): readonly string[] | undefined;
}

/** resolv.conf(5), as far as it says what a name means. */
export interface SearchRules {
  /** Domains that complete a short name. */
  readonly search: readonly string[];
  /** A name with so many dots is tried as it is first. */
  readonly ndots: number;
}

const WINDOWS_HOSTS = ['System32', 'drivers', 'etc', 'hosts'] as const;
export const HOSTS_PATH =
  process.platform === 'win32'
    ? join(process.env['SystemRoot'] ?? 'C:\\Windows', ...WINDOWS_HOSTS)
    : join('/etc', 'hosts');
export const RESOLV_PATH = join('/etc', 'resolv.conf');

/** A longer hosts file is a block list of somebody's, and costs more to read than the system's own answer. */
const FILE_BYTES_MAX = 2 * 1024 * 1024;
/** How often a file is looked at: what somebody adds counts a second later, and a storm of lookups reads nothing. */
const LOOK_EVERY_MS = 1_000;
/** glibc had six; more would only multiply the questions about a name that nobody knows. */
const SEARCH_MAX = 6;
const NDOTS_MAX = 15;

export function createHostsFile(path: string): HostsFile {
  const content = watched(path, parseHosts);
  return { find: (name) => content().get(name) };
}

/** `LOCALDOMAIN` and `RES_OPTIONS` of the environment come over the file, as resolv.conf(5) has it. */
export function createSearchRules(path: string, env: Readonly<Record<string, string | undefined>>): () => SearchRules {
  return watched(path, (text) => parseSearchRules(text, env));
}

/** The names to ask DNS for, in their order: a name with a dot at its end is complete. */
export function namesToAsk(host: string, { search, ndots }: SearchRules): readonly string[] {
  if (host.endsWith('.')) return [host.slice(0, -1)];
  const completed = search.map((domain) => `${host}.${domain}`).filter((name) => name.length <= 253);
  return host.split('.').length > ndots ? [host, ...completed] : [...completed, host];
}

function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const known = new Map<string, string[]>();
  for (const [address = '', ...names] of fieldsOf(text, /#.*$/)) {
    const plain = plainAddress(address);
    if (plain === undefined) continue;
    for (const name of names) {
      const key = name.toLowerCase().replace(/\.$/, '');
      const addresses = known.get(key) ?? [];
      if (!addresses.includes(plain)) known.set(key, [...addresses, plain]);
    }
  }
  return known;
}

function parseSearchRules(text: string, env: Readonly<Record<string, string | undefined>>): SearchRules {
  let search: readonly string[] = [];
  const options: string[] = [];
  for (const [keyword, ...values] of fieldsOf(text, /^[#;].*$/)) {
    // The last of several counts.
    if (keyword === 'search' || keyword === 'domain') search = values;
    if (keyword === 'options') options.push(...values);
  }
  search = wordsOf(env['LOCALDOMAIN'] ?? '').length > 0 ? wordsOf(env['LOCALDOMAIN'] ?? '') : search;
  const dots = [...options, ...wordsOf(env['RES_OPTIONS'] ?? '')].map((one) => /^ndots:(\d{1,3})$/.exec(one)?.[1]);
  const ndots = dots.filter((one) => one !== undefined).at(-1) ?? 1;
  return {
    search: search
      .map((one) => one.toLowerCase().replace(/\.$/, ''))
      .filter(isDomain)
      .slice(0, SEARCH_MAX),
    ndots: Math.min(NDOTS_MAX, Number(ndots)),
  };
}

/** A lone dot means the root, which "as it is" is already. */
function isDomain(text: string): boolean {
  return text !== '' && isIP(text) === 0;
}

function fieldsOf(text: string, comment: RegExp): readonly (readonly string[])[] {
  return text
    .split('\n')
    .map((line) => wordsOf(line.replace(comment, '')))
    .filter((words) => words.length > 1);
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** What a file says now, read again when it changed. A file that cannot be read says nothing. */
function watched<T>(path: string, parse: (text: string) => T): () => T {
  let stamp: string | undefined;
  let content = parse('');
  let lookAgainAt = 0;
  return () => {
    const now = performance.now();
    if (now < lookAgainAt) return content;
    lookAgainAt = now + LOOK_EVERY_MS;
    const found = stampOf(path);
    if (found === stamp) return content;
    stamp = found;
    content = parse(found === undefined ? '' : textOf(path));
    return content;
  };
}

function stampOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && stat.size <= FILE_BYTES_MAX ? `${stat.ino} ${stat.size} ${stat.mtimeMs}` : undefined;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
