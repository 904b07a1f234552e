/** Addresses and networks, however they are written: the one place that compares them. */
import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A set of networks and single addresses. */
export interface Networks {
  /** What is not an address is in no network. `::ffff:10.0.0.1` is 10.0.0.1, as it is for the operating system. */
  has(address: string): boolean;
}

interface Network {
  readonly base: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** From entries such as `10.0.0.0/8` and `::1`; throws RangeError at one that is neither (`isNetwork` asks before). */
export function createNetworks(entries: readonly string[]): Networks {
  // A list of each family for itself: in one list `::/0` would hold all of IPv4 too.
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const entry of entries) {
    const network = parseNetwork(entry);
    if (network === undefined) throw new RangeError(`"${entry}" is neither a network nor an address`);
    lists[network.family].addSubnet(network.base, network.bits, network.family);
  }
  return {
    has(address) {
      const plain = plainAddress(address);
      if (plain === undefined) return false;
      const family = familyOf(plain);
      return lists[family].check(plain, family);
    },
  };
}

const LOOPBACK = ['127.0.0.0/8', '::1'];

/** Whether the host of an address (`URL.hostname`) is this machine: RFC 6761 §6.3 keeps the name for it. */
export function isLoopbackHost(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || createNetworks(LOOPBACK).has(host);
}

/** Whether text is a network (`10.0.0.0/8`) or an address. */
export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== undefined;
}

/** Whether text is a single address, or a network of one. */
export function isOneAddress(text: string): boolean {
  const network = parseNetwork(text);
  return network !== undefined && network.bits === bitsMax(network.family);
}

/** An address in its one spelling: no zone, IPv4 not wrapped in IPv6, IPv6 shortened; undefined when it is none. */
export function plainAddress(text: string): string | undefined {
  const address = text.replace(/%.*$/u, '');
  const wrapped = /^::ffff:([\d.]+)$/.exec(address)?.[1] ?? address;
  // Each request asks, and what is IPv4 to the operating system has one spelling only.
  if (isIP(wrapped) === 4) return wrapped;
  return isIP(address) === 0 ? undefined : ipaddr.process(address).toString();
}

/**
 * What limits count by: an IPv4 address, or the /64 of an IPv6 address, since everybody there owns one whole. Text that
 * is no address stands for itself.
 */
export function limitKeyOf(address: string): string {
  const plain = plainAddress(address);
  return plain !== undefined && isIP(plain) === 4 ? plain : networkOf(address);
}

/** Whose addresses are likely to be one party's: an IPv4 /24 or an IPv6 /64. Text that is no address stands for itself. */
export function networkOf(address: string): string {
  const plain = plainAddress(address);
  if (plain === undefined) return address;
  const [family, bits] = isIP(plain) === 4 ? [ipaddr.IPv4, 24] : [ipaddr.IPv6, 64];
  return `${family.networkAddressFromCIDR(`${plain}/${bits}`)}/${bits}`;
}

function parseNetwork(text: string): Network | undefined {
  const [address = '', bits, more] = text.split('/');
  if (isIP(address) === 0 || more !== undefined) return undefined;
  const written = familyOf(address);
  const size = bits === undefined ? bitsMax(written) : Number(bits);
  if ((bits !== undefined && !/^\d{1,3}$/.test(bits)) || size > bitsMax(written)) return undefined;
  const base = plainAddress(address);
  if (base === undefined) return undefined;
  if (familyOf(base) === written) return { base, bits: size, family: written };
  // IPv4 wrapped in IPv6: a network wider than the wrapping is one of IPv6.
  return size >= WRAPPING_BITS
    ? { base, bits: size - WRAPPING_BITS, family: 'ipv4' }
    : { base: address, bits: size, family: 'ipv6' };
}

/** `::ffff:0:0/96`. */
const WRAPPING_BITS = 96;

function familyOf(address: string): Network['family'] {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

function bitsMax(family: Network['family']): number {
  return family === 'ipv4' ? 32 : 128;
}
