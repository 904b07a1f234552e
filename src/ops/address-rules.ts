import ipaddr from 'ipaddr.js';

/** What an operator allowed beyond the public internet: networks, and hosts by name. */
export interface AddressRules {
  readonly networks: readonly Network[];
  readonly hosts: ReadonlySet<string>;
}

type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

/** RFC 1035 labels; an underscore too, because names of containers have them. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** Names that mean "this machine", "this network" or a cloud's metadata service, whatever a resolver says. */
const SPECIAL_NAMES = new Set(['localhost', 'localdomain', 'metadata', 'metadata.goog', 'instance-data']);
const SPECIAL_ENDINGS = ['.localhost', '.local', '.internal', '.localdomain', '.home.arpa'];

/**
 * Metadata services hand out the machine's own credentials, some of them at addresses inside networks that an intranet
 * allow-list covers (or, Azure's, at a public one). Only a rule for that very address opens them.
 */
const METADATA = new Set(
  ['169.254.169.254', '169.254.170.2', '100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254'].map((text) =>
    ipaddr.parse(text).toString(),
  ),
);

/** Global unicast IPv6 (RFC 4291 §2.4): what is outside (`::/96`, `fec0::/10`, `64:ff9b::/96` …) is never public. */
const GLOBAL_IPV6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

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
    networks: entries.map(networkOf).filter((network) => network !== undefined),
    hosts: new Set(entries.filter((entry) => networkOf(entry) === undefined)),
  };
}

/** Why an allow-list entry cannot be read, as a sentence with the way out; undefined when it can. */
export function ruleProblem(entry: string): string | undefined {
  const rule = normalRule(entry);
  if (networkOf(rule)) return undefined;
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
  if (isLiteral(name)) return isInNetworks(rules, unmapped(name));
  return isLocalhost(name) && isInNetworks(rules, ipaddr.parse('127.0.0.1'));
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
  if (!ipaddr.isValid(ip)) return false;
  const address = unmapped(ip);
  if (METADATA.has(address.toString())) return isInNetworks(rules, address, isSingle);
  if (isPublic(address) || isInNetworks(rules, address)) return true;
  return host !== undefined && rules.hosts.has(normalHost(host)) && INTRANET_RANGES.has(address.range());
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(GLOBAL_IPV6);
}

function isInNetworks(rules: AddressRules, address: ipaddr.IPv4 | ipaddr.IPv6, which = (_: Network) => true): boolean {
  return rules.networks.some(
    (network) => which(network) && network[0].kind() === address.kind() && address.match(network as never),
  );
}

function isSingle([address, bits]: Network): boolean {
  return bits === (address.kind() === 'ipv4' ? 32 : 128);
}

/** `::ffff:10.0.0.1` is 10.0.0.1 for the operating system, so it is for us. */
function unmapped(ip: string): ipaddr.IPv4 | ipaddr.IPv6 {
  return ipaddr.process(ip);
}

function normalRule(entry: string): string {
  return normalHost(entry.trim());
}

function networkOf(rule: string): Network | undefined {
  if (ipaddr.isValidCIDR(rule)) return ipaddr.parseCIDR(rule);
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(rule) || ipaddr.IPv6.isValid(rule);
  return isAddress ? [ipaddr.parse(rule), ipaddr.IPv6.isValid(rule) ? 128 : 32] : undefined;
}
