/** What a TLS handshake and a POST cost by themselves: in a process of its own, as many at once as our fast lane has. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { fileURLToPath } from 'node:url';
import type { Answer, LoopbackCrowd } from './loopback-crowd.ts';

export interface BareCalls {
  readonly cpuMsEach: number;
}

interface Order {
  readonly addresses: readonly string[];
  readonly caFile: string;
}

const AT_ONCE = 128;
/** Enough for a mean. */
const CALLS_MAX = 2_000;

/** Calls the healthy ones, each on a fresh connection. */
export async function makeBareCalls(crowd: LoopbackCrowd, answerOf: (index: number) => Answer): Promise<BareCalls> {
  if (crowd.caFile === undefined) throw new Error('there is no handshake without TLS');
  const addresses = crowd.addresses.filter((_, index) => answerOf(index) === 'ok').slice(0, CALLS_MAX);
  const child = fork(fileURLToPath(import.meta.url), { env: { ...process.env, NODE_NO_WARNINGS: '1' } });
  child.send({ addresses, caFile: crowd.caFile } satisfies Order);
  const [cpuMsEach] = (await once(child, 'message')) as [number];
  child.kill();
  return { cpuMsEach };
}

// The child's part.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [{ addresses, caFile }] = (await once(process, 'message')) as [Order];
  const ca = readFileSync(caFile, 'utf8');
  await callAll(addresses.slice(0, AT_ONCE), ca);
  const before = process.cpuUsage();
  await callAll(addresses, ca);
  const { user, system } = process.cpuUsage(before);
  process.send?.((user + system) / 1000 / addresses.length);
}

async function callAll(addresses: readonly string[], ca: string): Promise<void> {
  const left = [...addresses];
  const lane = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await callOnce(next, ca);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

function callOnce(url: string, ca: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent: false, ca }, (response) => {
      response.resume().on('end', resolve);
    });
    outgoing.on('error', reject).end(`logout_token=${'x'.repeat(900)}`);
  });
}
