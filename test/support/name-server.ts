import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';

/** What the name server says about a name; a name it has nothing about does not exist (NXDOMAIN). */
export type Answers = Readonly<Record<string, readonly string[] | 'silent' | 'sick'>>;

export interface NameServer {
  /** For `createNames({ servers })`. */
  readonly address: string;
  /** Names asked for, each once per question, in order; both families. */
  readonly asked: { readonly name: string; readonly type: 'A' | 'AAAA' }[];
  /** Resolves when that name was asked for. */
  saw(name: string): Promise<void>;
  close(): void;
}

const TYPES: Readonly<Record<number, 'A' | 'AAAA'>> = { 1: 'A', 28: 'AAAA' };
const RCODES = { good: 0, sick: 2, unknown: 3 };

/** A name server on loopback: just enough of RFC 1035 over UDP. */
export async function startNameServer(answers: Answers): Promise<NameServer> {
  const socket = createSocket('udp4');
  const asked: { name: string; type: 'A' | 'AAAA' }[] = [];
  const watchers: (() => void)[] = [];
  socket.on('message', (query, from) => {
    const { name, type, end } = readQuestion(query);
    asked.push({ name, type });
    for (const watcher of watchers) watcher();
    const found = answers[name];
    if (found !== 'silent') reply(query.subarray(0, end), type, found, from);
  });

  function reply(question: Buffer, type: 'A' | 'AAAA', found: Answers[string] | undefined, to: RemoteInfo): void {
    const rcode = found === undefined ? RCODES.unknown : found === 'sick' ? RCODES.sick : RCODES.good;
    const family = type === 'A' ? 4 : 6;
    const addresses = (Array.isArray(found) ? found : []).filter((one) => isIP(one) === family);
    const head = Buffer.from(question);
    head.writeUInt16BE(0x8180 | rcode, 2);
    head.writeUInt16BE(addresses.length, 6);
    head.writeUInt32BE(0, 8);
    socket.send(Buffer.concat([head, ...addresses.map(record)]), to.port, to.address);
  }

  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    saw: (name) =>
      new Promise((done) => {
        const look = () => {
          if (asked.some((one) => one.name === name)) done();
        };
        watchers.push(look);
        look();
      }),
    close: () => void socket.close(),
  };
}

function readQuestion(query: Buffer): { name: string; type: 'A' | 'AAAA'; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: TYPES[query.readUInt16BE(at + 1)] ?? 'A', end: at + 5 };
}

/** The answer's name is a pointer to the question's. */
function record(address: string): Buffer {
  const data = isIP(address) === 4 ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(isIP(address) === 4 ? 1 : 28, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(60, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => text.split(':').filter((one) => one !== '');
  const left = groups(head);
  const right = groups(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return Buffer.from([...left, ...zeros, ...right].map((one) => one.padStart(4, '0')).join(''), 'hex');
}
