/**
 * One person who is in a thousand apps signs out: until the first app is told, and until the last is, against the stock
 * library's own fan-out in turns with ours.
 */
import { Agent } from 'node:http';
import type { SigningAlg } from '../src/deliveries/delivery.ts';
import { freePort } from '../test/support/free-port.ts';
import { PASSWORD } from '../test/support/relying-party.ts';
import type { BenchStore } from './bench-stores.ts';
import { type CrowdClient, clientFiles, crowdClients, signInAtAll } from './crowd-clients.ts';
import type { LightBrowser } from './light-browser.ts';
import { type LoopbackCrowd, startLoopbackCrowd } from './loopback-crowd.ts';
import { type ProcessorTime, spentBetween } from './processor-time.ts';
import { type ProductProcess, startProduct } from './product-process.ts';
import { chosenStores, type Effort, ms, percentile, type Row, times } from './row.ts';
import { readyStockClick } from './stock-click.ts';
import { type StockProcess, startStockProcess } from './stock-process.ts';

const APPS = 1_000;
const QUICK_APPS = 200;
const FIRST_MS = 30;
/** Of the stock library's time until the last is told. */
const LAST_MOST = { RS256: 0.6, ES256: 0.4 } as const;
type Alg = keyof typeof LAST_MOST;

export async function manyApps(effort: Effort): Promise<readonly Row[]> {
  const { quick, size } = effort;
  const rows: Row[] = [];
  const apps = size ?? (quick ? QUICK_APPS : APPS);
  for (const store of chosenStores(effort)) {
    for (const alg of ['RS256', 'ES256'] as const) {
      rows.push(...rowsOf(store, alg, apps, await measure(store, alg, apps, quick ? 2 : 8)));
    }
  }
  return rows;
}

/** One sign-off. */
interface Told {
  readonly firstMs: number;
  readonly lastMs: number;
  /** Processor time of whoever told them, and of this process: browser and apps. */
  readonly cpuMs: number;
  readonly loadMs: number;
}

interface Measured {
  readonly ours: readonly Told[];
  readonly stock: readonly Told[];
}

function rowsOf({ name }: BenchStore, alg: Alg, size: number, { ours, stock }: Measured): readonly Row[] {
  const of = (told: readonly Told[], fact: keyof Told) => median(told.map((one) => one[fact]));
  const [first, last] = [of(ours, 'firstMs'), of(ours, 'lastMs')];
  const stockLast = of(stock, 'lastMs');
  const most = LAST_MOST[alg];
  const label = `${size.toLocaleString('en')} apps, ${alg}, ${name}`;
  const each = (told: readonly Told[]) => `${((of(told, 'cpuMs') / size) * 1000).toFixed(0)} µs`;
  const spread = `${ms(Math.min(...ours.map((one) => one.lastMs)))} to ${ms(Math.max(...ours.map((one) => one.lastMs)))}`;
  return [
    {
      name: `${label}: click → first told, median of ${ours.length}`,
      value: ms(first),
      baseline: `${ms(of(stock, 'firstMs'))} (stock)`,
      ratio: times(first / of(stock, 'firstMs')),
      target: `≤ ${FIRST_MS} ms`,
      met: first <= FIRST_MS,
    },
    {
      name: `${label}: click → last told (${spread}; a delivery: ${each(ours)} of processor, stock ${each(stock)}, apps ${((of(ours, 'loadMs') / size) * 1000).toFixed(0)} µs)`,
      value: ms(last),
      baseline: `${ms(stockLast)} (stock)`,
      ratio: times(last / stockLast),
      target: `≤ ${most} × stock`,
      met: last / stockLast <= most,
    },
  ];
}

async function measure(store: BenchStore, alg: SigningAlg & Alg, size: number, rounds: number): Promise<Measured> {
  const crowd = await startLoopbackCrowd(size, { tls: false });
  const clients = crowdClients(crowd.addresses, alg);
  const product = await startProduct({
    port: await freePort(),
    clients: clientFiles(clients),
    accounts: [{ username: 'alice', password: PASSWORD }],
    env: store.freshSettings(),
  });
  const stock = await startStockProcess({ port: await freePort(), clients, alg });
  const agent = new Agent({ keepAlive: true });
  const scene = { crowd, clients, agent };
  const measured: { ours: Told[]; stock: Told[] } = { ours: [], stock: [] };
  // The first round of each compiles code and opens sockets.
  for (let round = 0; round <= rounds; round += 1) {
    const [ours, theirs] = [await signOff(product, scene, clickOurs), await signOff(stock, scene, readyStockClick)];
    if (round === 0) continue;
    measured.ours.push(ours);
    measured.stock.push(theirs);
  }
  agent.destroy();
  await Promise.all([product.stop(), stock.stop()]);
  crowd.stop();
  return measured;
}

interface Scene {
  readonly crowd: LoopbackCrowd;
  readonly clients: readonly CrowdClient[];
  readonly agent: Agent;
}

/** Whoever is measured, and a browser that is signed in there. */
type Teller = Pick<ProductProcess | StockProcess, 'issuer' | 'processorTime'>;

/** Everything but the click itself; answers how to click. */
type Prepare = (issuer: string, browser: LightBrowser, hint: string) => Promise<() => Promise<unknown>>;

async function signOff(teller: Teller, { crowd, clients, agent }: Scene, prepare: Prepare): Promise<Told> {
  const { browser, hint } = await signInAtAll(teller.issuer, clients, agent);
  const click = await prepare(teller.issuer, browser, hint);
  const told = crowd.told(clients.length);
  const [cost, load]: [ProcessorTime, NodeJS.CpuUsage] = [teller.processorTime(), process.cpuUsage()];
  const from = performance.now();
  const answered = click();
  const instants = await told;
  const cpuMs = spentBetween(cost, teller.processorTime()).all;
  const { user, system } = process.cpuUsage(load);
  await answered;
  return {
    firstMs: Math.min(...instants) - from,
    lastMs: Math.max(...instants) - from,
    cpuMs,
    loadMs: (user + system) / 1000,
  };
}

const clickOurs: Prepare = async (issuer, browser, hint) => {
  return () => browser.get(`${issuer}/session/end?${new URLSearchParams({ id_token_hint: hint })}`);
};

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
