import ipaddr from 'ipaddr.js';
import { createNetworks, isNetwork, isOneAddress, type Networks, plainAddress } from './network.ts';

/** What an operator allowed beyond the public internet: networks, and hosts by name. */
export interface AddressRules {
  readonly networks: Networks;
  /** Those of the networks that are one address each. */
  readonly addresses: Networks;
  readonly hosts: ReadonlySet<string>;
}

/** RFC 1035 labels; an underscore too, because names of containers have them. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** Names that mean "this machine", "this network" or a cloud's metadata service, whatever a resolver says. */
const SPECIAL_NAMES = new Set(['localhost', 'localdomain', 'metadata', 'metadata.goog', 'instance-data']);
const SPECIAL_ENDINGS = ['.localhost', '.local', '.internal', '.localdomain', '.home.arpa'];

/**
 * Metadata services hand out the machine's own credentials, some of them at addresses inside networks that an intranet
 * allow-list covers (or, Azure's, at a public one). Only a rule for that very address opens them.
 */
const METADATA = createNetworks([
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
]);

/** IPv4, and global unicast IPv6 (RFC 4291 §2.4): what is outside (`::/96`, `fec0::/10`, `64:ff9b::/96` …) is never public. */
const GLOBAL = createNetworks(['0.0.0.0/0', '2000::/3']);

/** What an allow-listed *name* may resolve to; link-local, multicast and the like need a rule for the network. */
const INTRANET_RANGES = new Set(['private', 'uniqueLocal', 'carrierGradeNat', 'loopback']);

/**
 * Reads allow-list entries: a network (`10.0.0.0/8`, `::1`) or a host name (`rp.internal`).
 * Throws RangeError with one sentence per entry that is neither.
 */
export function parseRules(allow: readonly string[]): AddressRules {
  const problems = allow.map(ruleProblem).filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  const entries = allow.map(normalRule);
  return {
    networks: createNetworks(entries.filter(isNetwork)),
    addresses: createNetworks(entries.filter(isOneAddress)),
    hosts: new Set(entries.filter((entry) => !isNetwork(entry))),
  };
}

/** Why an allow-list entry cannot be read, as a sentence with the way out; undefined when it can. */
export function ruleProblem(entry: string): string | undefined {
  const rule = normalRule(entry);
  if (isNetwork(rule)) return undefined;
  const numeric = /^[\d.]+$/.test(rule) || /[/:]/.test(rule);
  if (!numeric && HOST_NAME.test(rule)) return undefined;
  return `"${entry}" is neither a network such as 10.0.0.0/8 nor a host name such as rp.internal (no scheme, no port)`;
}

/** Lower case, no brackets, no trailing dot: the form in which hosts are compared. */
export function normalHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

/** Whether a host is written as an address. WHATWG parsing has undone decimal, octal and hex spellings before. */
export function isLiteral(host: string): boolean {
  return ipaddr.isValid(normalHost(host));
}

/** Whether a host is on the allow-list: by name, as an address of an allowed network, or `localhost` where loopback is. */
export function isAllowListed(rules: AddressRules, host: string): boolean {
  const name = normalHost(host);
  if (rules.hosts.has(name)) return true;
  return rules.networks.has(isLocalhost(name) ? '127.0.0.1' : name);
}

/** Whether a place is one of these: by name, or with all of its addresses. */
export function isInRules(rules: AddressRules, host: string, addresses: readonly string[]): boolean {
  return rules.hosts.has(normalHost(host)) || (addresses.length > 0 && addresses.every((ip) => rules.networks.has(ip)));
}

/** `localhost` and names below it are loopback, whatever a resolver says (RFC 6761 §6.3). */
export function isLocalhost(host: string): boolean {
  const name = normalHost(host);
  return name === 'localhost' || name.endsWith('.localhost');
}

/** Whether a name must not be resolved at all unless it is allow-listed. */
export function isSpecialName(host: string): boolean {
  const name = normalHost(host);
  return SPECIAL_NAMES.has(name) || SPECIAL_ENDINGS.some((ending) => name.endsWith(ending));
}

/**
 * Whether a connection to `ip` may be made: public unicast, or inside an allowed network; for an allow-listed `host`
 * also addresses of an intranet. What is not an address is not allowed.
 */
export function isAddressAllowed(rules: AddressRules, ip: string, host?: string): boolean {
  const address = plainAddress(ip);
  if (address === undefined) return false;
  if (METADATA.has(address)) return rules.addresses.has(address);
  const range = ipaddr.parse(address).range();
  if ((range === 'unicast' && GLOBAL.has(address)) || rules.networks.has(address)) return true;
  return host !== undefined && rules.hosts.has(normalHost(host)) && INTRANET_RANGES.has(range);
}

function normalRule(entry: string): string {
  return normalHost(entry.trim());
}
