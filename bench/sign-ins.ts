/**
 * Password sign-ins a second, against what argon2id alone allows on these cores, and what one costs beside its hash; also of
 * the stock library, which hashes as we do, keeps all in memory and shows no page. The three take turns in short slices: on
 * a shared machine the bound alone moved from 118 to 313 a second within minutes.
 */
import { Agent } from 'node:http';
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { freePort } from '../test/support/free-port.ts';
import { PASSWORD } from '../test/support/relying-party.ts';
import type { BenchStore } from './bench-stores.ts';
import { clientFiles, crowdClients, signInAt } from './crowd-clients.ts';
import { createLightBrowser } from './light-browser.ts';
import { type ProcessorTime, spentBetween } from './processor-time.ts';
import { startProduct } from './product-process.ts';
import { chosenStores, type Effort, ms, type Row, times } from './row.ts';
import { startStockProcess } from './stock-process.ts';

/** OWASP's argon2id: 19 MiB, two passes. The product's own parameters (`accounts/password.ts`). */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const IN_FLIGHT = 16;
const SLICE_MS = 1_000;
/** Slices before it counts: code is compiled until some hundreds of people have signed in, in threads of its own, too. */
const WARM_UP = { quick: 2, full: 8 };
const CORES = availableParallelism();

export async function signIns(effort: Effort): Promise<readonly Row[]> {
  const { quick } = effort;
  const rows: Row[] = [];
  for (const store of chosenStores(effort)) {
    const measured = quick ? await measure(store, WARM_UP.quick, 4) : await measure(store, WARM_UP.full, 15);
    rows.push(...rowsOf(store, measured));
  }
  return rows;
}

/** Sums over all slices of one kind. */
interface Tally {
  done: number;
  wallMs: number;
  /** Processor time of this process. */
  mineMs: number;
  /** Processor time of whoever is measured: all threads, and the main one. */
  theirsMs: number;
  mainMs: number;
}

/** Bare argon2id, the product, the stock library. */
interface Measured {
  readonly bound: Tally;
  readonly ours: Tally;
  readonly stock: Tally;
}

function rowsOf({ name }: BenchStore, { bound, ours, stock }: Measured): readonly Row[] {
  const boundRate = (bound.done * 1000) / bound.wallMs;
  const argon2Ms = bound.mineMs / bound.done;
  const [our, their] = [seenBeside(ours, argon2Ms), seenBeside(stock, argon2Ms)];
  const load = `browsers took ${ms(ours.mineMs / ours.done)} each`;
  return [
    {
      name: `password sign-ins per second, ${name}, ${load}, taken off`,
      value: `${our.rate.toFixed(0)} /s`,
      baseline: `${boundRate.toFixed(0)} /s (bare argon2id, ${CORES} at a time; stock ${their.rate.toFixed(0)} /s)`,
      ratio: `${times(our.rate / boundRate)} (stock ${times(their.rate / boundRate)})`,
      target: '≥ 0.8 ×',
      met: our.rate / boundRate >= 0.8,
    },
    {
      name: `processor time of a password sign-in beside argon2id, ${name}`,
      value: `${ms(our.besideMs)} (main thread ${ms(our.mainMs)})`,
      baseline: `${ms(argon2Ms)} (bare argon2id; stock ${ms(their.besideMs)}, main thread ${ms(their.mainMs)})`,
      ratio: times(our.besideMs / argon2Ms),
      target: '≤ 2.5 ms',
      met: our.besideMs <= 2.5,
    },
  ];
}

function seenBeside({ done, wallMs, mineMs, theirsMs, mainMs }: Tally, argon2Ms: number) {
  return {
    // The browsers run on the cores they are served by: what they took was not the others' to use.
    rate: (done * 1000) / (wallMs - mineMs / CORES),
    besideMs: theirsMs / done - argon2Ms,
    mainMs: mainMs / done,
  };
}

/** Only the part with the password: the code is not exchanged after. */
async function measure(store: BenchStore, warmUp: number, slices: number): Promise<Measured> {
  const clients = crowdClients(['http://localhost:1/backchannel'], 'RS256');
  const [client] = clients;
  if (!client) throw new Error('no app');
  const product = await startProduct({
    port: await freePort(),
    clients: clientFiles(clients),
    accounts: [{ username: 'alice', password: PASSWORD }],
    env: store.freshSettings(),
  });
  const stock = await startStockProcess({ port: await freePort(), clients, alg: 'RS256', hashes: true });
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const stored = await hash(PASSWORD, ARGON2ID);
  const signIn = (issuer: string) => signInAt(createLightBrowser(agent), issuer, client);
  const measured = noMeasured();
  for (let slice = -warmUp; slice < slices; slice += 1) {
    const { bound, ours, stock: theirs } = slice < 0 ? noMeasured() : measured;
    await run(bound, undefined, CORES, () => verify(stored, PASSWORD));
    await run(ours, product, IN_FLIGHT, () => signIn(product.issuer));
    await run(theirs, stock, IN_FLIGHT, () => signIn(stock.issuer));
  }
  agent.destroy();
  await Promise.all([product.stop(), stock.stop()]);
  return measured;
}

function noMeasured(): Measured {
  return { bound: emptyTally(), ours: emptyTally(), stock: emptyTally() };
}

function emptyTally(): Tally {
  return { done: 0, wallMs: 0, mineMs: 0, theirsMs: 0, mainMs: 0 };
}

/** A process that is asked; undefined for work of this one. */
type Asked = { processorTime(): ProcessorTime } | undefined;

/** One slice: `work` over and over in `lanes` lanes. */
async function run(into: Tally, asked: Asked, lanes: number, work: () => Promise<unknown>): Promise<void> {
  const [from, mine, theirs] = [performance.now(), process.cpuUsage(), asked?.processorTime()];
  const lane = async () => {
    for (; performance.now() - from < SLICE_MS; into.done += 1) await work();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const spent = process.cpuUsage(mine);
  into.wallMs += performance.now() - from;
  into.mineMs += (spent.user + spent.system) / 1000;
  if (!asked || !theirs) return;
  const used = spentBetween(theirs, asked.processorTime());
  into.theirsMs += used.all;
  into.mainMs += used.main;
}
