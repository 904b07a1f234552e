/**
 * Password sign-ins a second, against what argon2id alone allows on these cores. The two take turns in short slices: on a
 * shared machine the bound alone moved from 118 to 313 a second within minutes.
 */
import { Agent } from 'node:http';
import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { freePort } from '../test/support/free-port.ts';
import { PASSWORD, type RelyingParty } from '../test/support/relying-party.ts';
import type { BenchStore } from './bench-stores.ts';
import { createLightBrowser } from './light-browser.ts';
import { startApps, stopApps } from './logout-answer.ts';
import { spentBetween } from './processor-time.ts';
import { type ProductProcess, startProduct } from './product-process.ts';
import { type Effort, ms, type Row, times } from './row.ts';

/** OWASP's argon2id: 19 MiB, two passes. The product's own parameters (`accounts/password.ts`). */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const IN_FLIGHT = 16;
const SLICE_MS = 1_000;
/** Slices before it counts: code is compiled until some hundreds of people have signed in, in threads of its own, too. */
const WARM_UP = { quick: 2, full: 8 };
const CORES = availableParallelism();

export async function signIns({ quick, stores }: Effort): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const store of stores) {
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
  /** Processor time of the product: all threads, and the main one. */
  productMs: number;
  mainMs: number;
}

interface Measured {
  readonly bound: Tally;
  readonly ours: Tally;
}

function rowsOf({ name }: BenchStore, { bound, ours }: Measured): readonly Row[] {
  // The browsers run on the cores they are served by: what they took was not the product's to use.
  const rate = (ours.done * 1000) / (ours.wallMs - ours.mineMs / CORES);
  const boundRate = (bound.done * 1000) / bound.wallMs;
  const argon2Ms = bound.mineMs / bound.done;
  const besideMs = ours.productMs / ours.done - argon2Ms;
  const load = `browsers took ${ms(ours.mineMs / ours.done)} each`;
  return [
    {
      name: `password sign-ins per second, ${name}, ${load}, taken off`,
      value: `${rate.toFixed(0)} /s`,
      baseline: `${boundRate.toFixed(0)} /s (bare argon2id, ${CORES} at a time)`,
      ratio: times(rate / boundRate),
      target: '≥ 0.8 ×',
      met: rate / boundRate >= 0.8,
    },
    {
      name: `processor time of a password sign-in beside argon2id, ${name}`,
      value: `${ms(besideMs)} (main thread ${ms(ours.mainMs / ours.done)})`,
      baseline: `${ms(argon2Ms)} (bare argon2id)`,
      ratio: times(besideMs / argon2Ms),
      target: '≤ 2.5 ms',
      met: besideMs <= 2.5,
    },
  ];
}

/** Only the part with the password: the code is not exchanged after. */
async function measure(store: BenchStore, warmUp: number, slices: number): Promise<Measured> {
  const port = await freePort();
  const apps = await startApps(`http://localhost:${port}`, 1, 0);
  const [app] = apps;
  if (!app) throw new Error('no app');
  const product = await startProduct({
    port,
    clients: [app.file],
    accounts: [{ username: 'alice', password: PASSWORD }],
    env: store.freshSettings(),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const stored = await hash(PASSWORD, ARGON2ID);
  const bound = emptyTally();
  const ours = emptyTally();
  for (let slice = -warmUp; slice < slices; slice += 1) {
    const [intoBound, intoOurs] = slice < 0 ? [emptyTally(), emptyTally()] : [bound, ours];
    await run(intoBound, product, CORES, () => verify(stored, PASSWORD));
    await run(intoOurs, product, IN_FLIGHT, () => signIn(app, agent));
  }
  agent.destroy();
  await product.stop();
  await stopApps(apps);
  return { bound, ours };
}

function emptyTally(): Tally {
  return { done: 0, wallMs: 0, mineMs: 0, productMs: 0, mainMs: 0 };
}

/** One slice: `work` over and over in `lanes` lanes. */
async function run(into: Tally, product: ProductProcess, lanes: number, work: () => Promise<unknown>): Promise<void> {
  const [from, mine, theirs] = [performance.now(), process.cpuUsage(), product.processorTime()];
  const lane = async () => {
    for (; performance.now() - from < SLICE_MS; into.done += 1) await work();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const spent = process.cpuUsage(mine);
  const used = spentBetween(theirs, product.processorTime());
  into.wallMs += performance.now() - from;
  into.mineMs += (spent.user + spent.system) / 1000;
  into.productMs += used.all;
  into.mainMs += used.main;
}

async function signIn(app: RelyingParty, agent: Agent): Promise<void> {
  const browser = createLightBrowser(agent);
  const { location: pageUrl = '' } = await browser.get(app.authorizationUrl());
  const page = await browser.get(pageUrl);
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(page.body) ?? [];
  const { location } = await browser.post(pageUrl, { username: 'alice', password: PASSWORD, csrf });
  if (!location?.startsWith(app.redirectUri)) throw new Error(`not signed in: ${location}`);
}
