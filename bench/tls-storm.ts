/**
 * DESIGN §11: somebody who is in ten thousand apps signs out. All are called over TLS, 5 % hang, 5 % answer 500; meanwhile
 * others sign in. Against bare handshakes and POSTs, the same storm without the sick, and the stock library's fan-out.
 */
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { aCodeOf, aParticipation } from '../test/support/builders.ts';
import { freePort } from '../test/support/free-port.ts';
import { PASSWORD } from '../test/support/relying-party.ts';
import { openBenchStore } from './backlog.ts';
import { type BareCalls, makeBareCalls } from './bare-calls.ts';
import type { BenchStore } from './bench-stores.ts';
import { type CrowdClient, clientFiles, crowdClients, signInAt, signInAtAll } from './crowd-clients.ts';
import { createLightBrowser } from './light-browser.ts';
import { type Answer, type LoopbackCrowd, startLoopbackCrowd } from './loopback-crowd.ts';
import { type ProcessorTime, spentBetween } from './processor-time.ts';
import { startProduct } from './product-process.ts';
import { type Effort, ms, percentile, type Row, times } from './row.ts';
import { readyStockClick } from './stock-click.ts';
import { startStockProcess } from './stock-process.ts';

const APPS = 10_000;
const QUICK_APPS = 500;
/** Of a hundred: so many hang, and so many answer 500. */
const SICK = 5;
const ALGS = ['ES256', 'RS256'] as const;
type Alg = (typeof ALGS)[number];
/** Sign-ins in the quiet before. */
const QUIET_SIGN_INS = 100;
const SIGN_IN_EVERY_MS = 100;
const MEMORY_EVERY_MS = 50;
const SETTLED_EVERY_MS = 250;
/** Those who hang hold their calls for so long, at their first attempt. */
const MOST_MS = 180_000;

export async function tlsStorm({ quick, size, stores }: Effort): Promise<readonly Row[]> {
  const count = size ?? (quick ? QUICK_APPS : APPS);
  const rows: Row[] = [];
  for (const store of stores) rows.push(...(await rowsOn(store, count)));
  return rows;
}

async function rowsOn(store: BenchStore, count: number): Promise<readonly Row[]> {
  const label = `storm, ${count.toLocaleString('en')} apps over TLS, ${store.name}`;
  const storms = new Map<Alg, Storm>();
  for (const alg of ALGS) storms.set(alg, await rage(store, alg, count, answerOf));
  const [first] = storms.values();
  if (!first) return [];
  const calm = await rage(store, ALGS[0], count, () => 'ok');
  const stock = await rageStock(ALGS[0], count);
  return [healthyTold(label, first), cost(label, storms), ...beside(label, first, calm), memory(label, first, stock)];
}

function answerOf(index: number): Answer {
  if (index % 100 < SICK) return 'hangs';
  return index % 100 < 2 * SICK ? 'fails' : 'ok';
}

/** What one storm came to. */
interface Storm {
  readonly healthy: number;
  readonly told: number;
  /** After the click, in ms, of the healthy. */
  readonly afterMs: readonly number[];
  readonly attempts: number;
  readonly cpuMs: number;
  readonly bare: BareCalls;
  readonly signIns: { readonly quiet: readonly number[]; readonly stormy: readonly number[] };
  readonly grownBytes: number;
}

function healthyTold(label: string, { told, healthy }: Storm): Row {
  return {
    name: `${label}: healthy apps told although ${SICK} % hang and ${SICK} % answer 500`,
    value: `${told} of ${healthy}`,
    baseline: '–',
    ratio: times(told / healthy),
    target: 'all',
    met: told === healthy,
  };
}

function cost(label: string, storms: ReadonlyMap<Alg, Storm>): Row {
  const each = ({ cpuMs, attempts }: Storm) => cpuMs / attempts;
  const ratios = [...storms].map(([alg, storm]) => `${alg} ${times(each(storm) / storm.bare.cpuMsEach)}`);
  const [first] = storms.values();
  const ratio = first ? each(first) / first.bare.cpuMsEach : Number.NaN;
  return {
    name: `${label}: processor time of an attempt, everything included`,
    value: [...storms].map(([alg, storm]) => `${alg} ${ms(each(storm))}`).join(', '),
    baseline: `${ms(first?.bare.cpuMsEach ?? Number.NaN)} (bare handshake and POST)`,
    ratio: ratios.join(', '),
    target: `≤ 1.3 × (${ALGS[0]})`,
    met: ratio <= 1.3,
  };
}

function beside(label: string, sick: Storm, calm: Storm): readonly Row[] {
  const [p99, calm99] = [percentile(sick.afterMs, 0.99), percentile(calm.afterMs, 0.99)];
  const [stormy, quiet] = [percentile(sick.signIns.stormy, 0.99), percentile(sick.signIns.quiet, 0.99)];
  return [
    {
      name: `${label}: click → a healthy app’s 2xx, p99, against the same without the sick`,
      value: ms(p99),
      baseline: `${ms(calm99)} (all healthy)`,
      ratio: times(p99 / calm99),
      target: '≤ 1.3 ×',
      met: p99 / calm99 <= 1.3,
    },
    {
      name: `${label}: a password sign-in meanwhile, p99 of ${sick.signIns.stormy.length}`,
      value: ms(stormy),
      baseline: `${ms(quiet)} (quiet)`,
      ratio: times(stormy / quiet),
      target: '≤ 6 × quiet, ≤ 30 ms',
      met: stormy <= 6 * quiet && stormy <= 30,
    },
  ];
}

function memory(label: string, { grownBytes }: Storm, stockBytes: number): Row {
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  return {
    name: `${label}: memory that the storm adds, at its most`,
    value: mib(grownBytes),
    baseline: `${mib(stockBytes)} (stock)`,
    ratio: times(grownBytes / stockBytes),
    target: '≤ 0.5 ×',
    met: grownBytes / stockBytes <= 0.5,
  };
}

/** One person in `count` apps signs out, others sign in; until every healthy app is told. */
async function rage(kind: BenchStore, alg: Alg, count: number, answer: (index: number) => Answer): Promise<Storm> {
  const { settings, store, close } = await openBenchStore(kind);
  const crowd = await startLoopbackCrowd(count, { tls: true, answerOf: answer });
  const clients = crowdClients(crowd.addresses, alg);
  const product = await startProduct({
    port: await freePort(),
    clients: clientFiles(clients),
    accounts: [{ username: 'alice', password: PASSWORD }],
    env: { ...settings, ...trusting(crowd) },
  });
  const agent = new Agent({ keepAlive: true });
  const [first] = clients;
  if (!first) throw new Error('no app');
  const { browser, hint } = await signInAtAll(product.issuer, [first], agent);
  await joinTheOthers(store, clients);
  const beforeQuiet = product.processorTime();
  const quiet = await signInEvery(product.issuer, first, agent, async (done) => done() > QUIET_SIGN_INS);
  const cpuMsOfSignIn = spentBetween(beforeQuiet, product.processorTime()).all / quiet.length;
  const healthy = clients.filter((_, index) => answer(index) === 'ok').length;
  const told = crowd.told(healthy);
  const memory = watchMemory(() => product.residentBytes());
  const cost: ProcessorTime = product.processorTime();
  const from = performance.now();
  let instants: readonly number[] | undefined;
  const answered = browser.get(`${product.issuer}/session/end?${new URLSearchParams({ id_token_hint: hint })}`);
  const over = Promise.race([told, pause(MOST_MS, undefined)]).then(async (all) => {
    // What the store does not know yet is work to be done, and no attempt that could be counted.
    while (all && performance.now() - from < MOST_MS && (await countTold(store)) < healthy)
      await pause(SETTLED_EVERY_MS);
    instants = all ?? [];
  });
  const stormy = await signInEvery(product.issuer, first, agent, async () => instants !== undefined);
  await Promise.all([over, answered]);
  // What the others' sign-ins took is theirs.
  const cpuMs = spentBetween(cost, product.processorTime()).all - cpuMsOfSignIn * stormy.length;
  const grownBytes = memory.most();
  const attempts = await countAttempts(store);
  const bare = await makeBareCalls(crowd, answer);
  agent.destroy();
  await product.stop();
  crowd.stop();
  await close();
  const afterMs = (instants ?? []).map((at) => at - from);
  return { healthy, told: afterMs.length, afterMs, attempts, cpuMs, bare, signIns: { quiet, stormy }, grownBytes };
}

function trusting({ caFile }: LoopbackCrowd): Readonly<Record<string, string>> {
  return caFile === undefined ? {} : { SIGNOFF_OUTBOUND_CA: caFile };
}

/** What ten thousand redirects would write, without their HTTP. */
async function joinTheOthers(
  store: Awaited<ReturnType<typeof openBenchStore>>['store'],
  clients: readonly CrowdClient[],
) {
  const [view] = await store.sessions.list({}, { limit: 1 });
  if (!view) throw new Error('nobody is signed in');
  const { uid, accountId } = view.session;
  for (const { client_id: clientId } of clients.slice(1)) {
    const participation = aParticipation({ sessionUid: uid, accountId, clientId, startedAt: Date.now() });
    await store.sessions.join(participation, aCodeOf(participation), undefined);
  }
}

/** One new browser after the other signs in; how long each took, but for the first, which compiles code. */
async function signInEvery(
  issuer: string,
  client: CrowdClient,
  agent: Agent,
  isOver: (done: () => number) => Promise<boolean>,
): Promise<readonly number[]> {
  const took: number[] = [];
  for (;;) {
    const from = performance.now();
    await signInAt(createLightBrowser(agent), issuer, client);
    took.push(performance.now() - from);
    if (await isOver(() => took.length)) return took.slice(1);
    await pause(Math.max(0, SIGN_IN_EVERY_MS - (performance.now() - from)));
  }
}

async function countTold(store: Awaited<ReturnType<typeof openBenchStore>>['store']): Promise<number> {
  const [logout] = await store.logouts.list({}, { limit: 1 });
  return logout === undefined ? 0 : (await store.logouts.progress(logout.id)).told;
}

/** Attempts are counted by the store: the log of ten thousand lines is not read twice. */
async function countAttempts(store: Awaited<ReturnType<typeof openBenchStore>>['store']): Promise<number> {
  let attempts = 0;
  for (let after: string | undefined; ; ) {
    const page = await store.deliveries.list({}, { limit: 1_000, ...(after !== undefined && { after }) });
    for (const delivery of page) attempts += delivery.attempts;
    after = page.at(-1)?.id;
    if (after === undefined) return attempts;
  }
}

function watchMemory(now: () => number): { most(): number } {
  const before = now();
  let most = before;
  // One listener and one connection for each app: where this process may open no more files, it cannot look any more.
  const look = () => {
    const bytes = now();
    if (bytes > most) most = bytes;
  };
  const timer = setInterval(look, MEMORY_EVERY_MS);
  return {
    most() {
      clearInterval(timer);
      look();
      return most - before;
    },
  };
}

/** The stock library in the same storm: how much memory it takes until the healthy are told. */
async function rageStock(alg: Alg, count: number): Promise<number> {
  const crowd = await startLoopbackCrowd(count, { tls: true, answerOf });
  const clients = crowdClients(crowd.addresses, alg);
  const env = crowd.caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: crowd.caFile };
  const stock = await startStockProcess({ port: await freePort(), clients, alg }, env);
  const agent = new Agent({ keepAlive: true });
  const { browser, hint } = await signInAtAll(stock.issuer, clients.slice(0, 1), agent);
  await stock.fill();
  const click = await readyStockClick(stock.issuer, browser, hint);
  const memory = watchMemory(() => stock.residentBytes());
  await click();
  const most = memory.most();
  agent.destroy();
  await stock.stop();
  crowd.stop();
  return most;
}
