/**
 * Writes a small database in MaxMind's format (https://maxmind.github.io/MaxMind-DB/): a binary tree over the bits of
 * addresses, a data section, and metadata. Records of 24 bits, so for a few thousand networks.
 */
import { createNetworks } from '../../src/ops/network.ts';

/** `networks`: IPv4 in CIDR form, and the country each is in; later ones lie inside of earlier ones. */
export function writeMmdb(networks: Readonly<Record<string, string>>): Buffer {
  const tree: Node[] = [[undefined, undefined]];
  const data: Buffer[] = [];
  const places = new Map<string, number>();
  for (const [network, country] of Object.entries(networks)) {
    if (!places.has(country)) {
      places.set(country, Buffer.concat(data).length);
      data.push(encode({ country: { iso_code: country, names: { en: country } } }));
    }
    insert(tree, bitsOf(network), { data: places.get(country) ?? 0 });
  }
  const records = tree.map((node) => Buffer.concat(node.map((one) => record(one, tree.length))));
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: 'Test-Country',
    description: { en: 'a test' },
    ip_version: 4,
    languages: ['en'],
    node_count: tree.length,
    record_size: 24,
  };
  return Buffer.concat([...records, Buffer.alloc(16), ...data, MARKER, encode(metadata)]);
}

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');

/** Another node's number, a place in the data section, or nothing. */
type Branch = number | { readonly data: number } | undefined;
type Node = [Branch, Branch];

function bitsOf(network: string): readonly (0 | 1)[] {
  if (!createNetworks([network]).has(network.split('/')[0] ?? '')) throw new Error(`${network} is no network`);
  const [address = '', length = '32'] = network.split('/');
  const bits = address.split('.').flatMap((byte) => [...Number(byte).toString(2).padStart(8, '0')]);
  return bits.slice(0, Number(length)).map((bit) => (bit === '1' ? 1 : 0));
}

function insert(tree: Node[], bits: readonly (0 | 1)[], value: { readonly data: number }): void {
  let at = 0;
  for (const [depth, bit] of bits.entries()) {
    const node = tree[at] as Node;
    if (depth === bits.length - 1) {
      node[bit] = value;
      return;
    }
    const next = node[bit];
    if (typeof next === 'number') {
      at = next;
    } else {
      // What lay here lies on both sides of the new node.
      tree.push([next, next]);
      at = tree.length - 1;
      node[bit] = at;
    }
  }
}

const SEPARATOR = 16;

function record(branch: Branch, nodes: number): Buffer {
  const value = branch === undefined ? nodes : typeof branch === 'number' ? branch : nodes + SEPARATOR + branch.data;
  const bytes = Buffer.alloc(3);
  bytes.writeUIntBE(value, 0, 3);
  return bytes;
}

type Value = string | number | readonly Value[] | { readonly [key: string]: Value };

const TYPES = { string: 2, map: 7, uint32: 6, array: 11 } as const;

function encode(value: Value): Buffer {
  if (typeof value === 'string')
    return Buffer.concat([head(TYPES.string, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([head(TYPES.uint32, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([head(TYPES.array, value.length), ...value.map(encode)]);
  const entries = Object.entries(value as { readonly [key: string]: Value });
  return Buffer.concat([
    head(TYPES.map, entries.length),
    ...entries.flatMap(([key, one]) => [encode(key), encode(one)]),
  ]);
}

/** Types above 7 say 0 and name themselves in a second byte; sizes from 29 on take one more. */
function head(type: number, size: number): Buffer {
  const small = Math.min(size, 29);
  const first = type > 7 ? [small, type - 7] : [(type << 5) | small];
  return Buffer.from(size < 29 ? first : [...first, size - 29]);
}
