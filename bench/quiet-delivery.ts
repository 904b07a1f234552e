/**
 * Nothing else going on: from the click on "sign out" to the 2xx of each of five apps, over TLS connections that are open.
 * Beside it, in the same minute, after each sign-off one of the stock library, and a bare POST over such a connection.
 */
import { get as getPlain, Agent as PlainAgent } from 'node:http';
import { Agent, request } from 'node:https';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.ts';
import { PASSWORD, type RelyingParty, startRelyingParty } from '../test/support/relying-party.ts';
import type { BenchStore } from './bench-stores.ts';
import { type CrowdClient, crowdClients, signInAtAll } from './crowd-clients.ts';
import { signInEverywhere, stopApps } from './logout-answer.ts';
import { type Receivers, startReceivers } from './loopback-apps.ts';
import { spentBetween } from './processor-time.ts';
import { type ProductProcess, startProduct } from './product-process.ts';
import { chosenStores, type Effort, ms, percentile, type Row, times } from './row.ts';
import { readyStockClick } from './stock-click.ts';
import { type StockProcess, startStockProcess } from './stock-process.ts';

const APPS = 5;
/** The first ones make sockets and compiled code. */
const WARM_UP = 10;
/** Until the sign-in before is forgotten by everybody's garbage collector. */
const QUIET_MS = 30;

export async function quietDelivery(effort: Effort): Promise<readonly Row[]> {
  const { quick } = effort;
  const rows: Row[] = [];
  // 40 rounds of five apps are 200 samples: fewer have no p99.
  for (const store of chosenStores(effort)) {
    rows.push(...rowsOf(store, await measure(store, quick ? 40 : 300)));
  }
  return rows;
}

export interface Samples {
  readonly fromClick: number[];
  readonly fromCommit: number[];
  readonly bare: number[];
  /** The stock library's, from its click. */
  readonly stock: number[];
  /** Processor time of the product and of this process (browser and apps), a sign-off. */
  readonly ours: number[];
  readonly load: number[];
}

function rowsOf({ name }: BenchStore, samples: Samples): readonly Row[] {
  const [click, commit] = [samples.fromClick, samples.fromCommit];
  const costs = `${ms(mean(samples.ours))} of processor, apps and browser ${ms(mean(samples.load))}`;
  return [
    row(
      `quiet, ${APPS} apps, warm TLS, ${name}: click → each app’s 2xx, p50 / p99 (a sign-off: ${costs})`,
      click,
      samples,
    ),
    row(`the same: commit → each app’s 2xx, p50 / p99`, commit, samples),
  ];
}

/** DESIGN §11 for the way from the commit; the way from the click is what a person waits for. */
function row(name: string, values: readonly number[], { bare, stock }: Samples): Row {
  const [p50, p99] = [percentile(values, 0.5), percentile(values, 0.99)];
  const [bare50, bare99] = [percentile(bare, 0.5), percentile(bare, 0.99)];
  const fromClick = name.includes('click');
  const [target50, target99] = fromClick ? [3.5, 8] : [3, 10];
  const theirs = `${ms(percentile(stock, 0.5))} / ${ms(percentile(stock, 0.99))}`;
  return {
    name,
    value: `${ms(p50)} / ${ms(p99)}`,
    baseline: `${ms(bare50)} / ${ms(bare99)} (bare POST, warm TLS${fromClick ? `; stock ${theirs}` : ''})`,
    ratio: `${times(p50 / bare50)} / ${times(p99 / bare99)}`,
    target: `≤ ${target50} ms / ≤ ${target99} ms`,
    met: p50 <= target50 && p99 <= target99,
  };
}

async function measure(store: BenchStore, rounds: number): Promise<Samples> {
  const port = await freePort();
  const receivers = await startReceivers(APPS);
  const apps = await startQuietApps(port, receivers);
  const product = await startProduct({
    port,
    clients: apps.map(({ file }) => file),
    accounts: [{ username: 'alice', password: PASSWORD }],
    env: { ...store.freshSettings(), SIGNOFF_OUTBOUND_CA: receivers.caFile },
  });
  const clients = crowdClients(receivers.addresses, 'RS256');
  const trust = { NODE_EXTRA_CA_CERTS: receivers.caFile };
  const stock = await startStockProcess({ port: await freePort(), clients, alg: 'RS256' }, trust);
  const bareAgent = new Agent({ keepAlive: true, ca: receivers.ca });
  const browserAgent = new PlainAgent({ keepAlive: true });
  const samples = noSamples();
  for (let round = 0; round < WARM_UP + rounds; round += 1) {
    const into = round < WARM_UP ? noSamples() : samples;
    await signOffOnce({ product, apps, receivers, browserAgent }, into);
    into.stock.push(...(await signOffStock(stock, clients, receivers, browserAgent)));
    into.bare.push(await barePost(receivers.addresses[0] ?? '', bareAgent));
  }
  bareAgent.destroy();
  browserAgent.destroy();
  await Promise.all([product.stop(), stock.stop()]);
  await stopApps(apps);
  receivers.stop();
  return samples;
}

export function noSamples(): Samples {
  return { fromClick: [], fromCommit: [], bare: [], stock: [], ours: [], load: [] };
}

/** One app for each of them. */
export function startQuietApps(port: number, { addresses }: Receivers): Promise<readonly RelyingParty[]> {
  const issuer = `http://localhost:${port}`;
  return Promise.all(
    addresses.map((backchannel_logout_uri, index) =>
      startRelyingParty({ clientId: `app${index + 1}`, issuer, file: { backchannel_logout_uri } }),
    ),
  );
}

export interface QuietScene {
  readonly product: ProductProcess;
  readonly apps: readonly RelyingParty[];
  readonly receivers: Receivers;
  readonly browserAgent: PlainAgent;
}

/** A new browser signs in at all apps and clicks "sign out" at the first. */
export async function signOffOnce(scene: QuietScene, into: Samples): Promise<void> {
  const { product, apps, receivers, browserAgent } = scene;
  const { browser, hint } = await signInEverywhere(apps);
  const cookies = browser.cookies().map(({ name, value }) => `${name}=${value}`);
  const headers = { cookie: cookies.join('; '), accept: 'text/html' };
  // A browser that has just signed in has a connection open.
  await answerOf(`${product.issuer}/health/live`, headers, browserAgent);
  await setTimeout(QUIET_MS);
  const committed = product.logged('logout.committed');
  const told = receivers.allTold();
  const [costs, load] = [product.processorTime(), process.cpuUsage()];
  const from = performance.now();
  const answered = answerOf(apps[0]?.endSessionUrl({ id_token_hint: hint }) ?? '', headers, browserAgent);
  const instants = await told;
  await answered;
  const mine = process.cpuUsage(load);
  into.ours.push(spentBetween(costs, product.processorTime()).all);
  into.load.push((mine.user + mine.system) / 1000);
  const commit = await committed;
  for (const at of instants) {
    into.fromClick.push(at - from);
    into.fromCommit.push(Math.max(0, at - commit));
  }
}

/** The same at the stock library; answers how long after the click each app was told. */
async function signOffStock(
  { issuer }: StockProcess,
  clients: readonly CrowdClient[],
  receivers: Receivers,
  agent: PlainAgent,
): Promise<readonly number[]> {
  const { browser, hint } = await signInAtAll(issuer, clients, agent);
  const click = await readyStockClick(issuer, browser, hint);
  await setTimeout(QUIET_MS);
  const told = receivers.allTold();
  const from = performance.now();
  const answered = click();
  const instants = await told;
  await answered;
  return instants.map((at) => at - from);
}

function answerOf(url: string, headers: Readonly<Record<string, string>>, agent: PlainAgent): Promise<void> {
  return new Promise((resolve, reject) => {
    getPlain(url, { agent, headers }, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
}

function barePost(url: string, agent: Agent): Promise<number> {
  const from = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent }, (response) => {
      response.resume().on('end', () => resolve(performance.now() - from));
    });
    outgoing.on('error', reject).end(`logout_token=${'x'.repeat(900)}`);
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
