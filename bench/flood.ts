/**
 * What floods of strangers cost others: sign-ins and sign-offs of people elsewhere while one runs, against the same people
 * in quiet moments of the same run, and what the flood leaves behind. The generator is a thread here, on the same two
 * cores; the rows say what it took.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// biome-ignore lint/correctness/noUnresolvedImports: the linter's list of Node's modules is older than this one
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { freePort } from '../test/support/free-port.ts';
import { PASSWORD, type RelyingParty, startRelyingParty } from '../test/support/relying-party.ts';
import { startBareRefusal } from './bare-refusal.ts';
import type { FloodAnswers, FloodPlan, FloodRequest } from './flooder.ts';
import { createLightBrowser } from './light-browser.ts';
import { stopApps } from './logout-answer.ts';
import { type ProductProcess, startProduct } from './product-process.ts';
import { type Effort, ms, percentile, type Row, times } from './row.ts';

/** Bounded: it is the product that is measured, not the generator beside it. */
const PER_SECOND = 250;
const SLICE_MS = 2_000;
/** A thousand sign-ins of each kind: the p99 of 450 moved by half between runs. */
const ROUNDS = 20;
const PEOPLE = 2;
const BETWEEN_PEOPLE_MS = 20;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

interface Scene {
  readonly port: number;
  readonly product: ProductProcess;
  readonly app: RelyingParty;
  /** Has no secret: whoever names it may push requests. */
  readonly spa: RelyingParty;
  readonly agent: Agent;
  readonly databaseFile: string;
}

export async function flood({ quick }: Effort): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'signoff-flood-'));
  const scene = await startScene(folder);
  const rows: Row[] = [];
  await peopleFor(scene, SLICE_MS);
  const floods = await floodsOf(scene);
  // A heap that was never asked for much is no baseline: each flood once, and then all of them for longer.
  for (const requests of Object.values(floods)) await floodOnce(scene, requests);
  const memoryBefore = scene.product.residentBytes();
  for (const [name, requests] of Object.entries(floods)) {
    rows.push(...(await measure(scene, name, requests, quick ? 2 : ROUNDS)));
  }
  rows.push(await measureBare(scene, floods.PAR, quick ? 2 : ROUNDS));
  rows.push(memoryRow(memoryBefore, scene.product.residentBytes()));
  scene.agent.destroy();
  await scene.product.stop();
  await stopApps([scene.app, scene.spa]);
  rmSync(folder, { recursive: true, force: true });
  return rows;
}

async function startScene(folder: string): Promise<Scene> {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const app = await startRelyingParty({ clientId: 'app', issuer });
  const file = { token_endpoint_auth_method: 'none', backchannel_logout_uri: undefined };
  const spa = await startRelyingParty({ clientId: 'spa', issuer, file });
  const product = await startProduct({
    port,
    clients: [app.file, spa.file],
    accounts: ['alice', 'victim'].map((username) => ({ username, password: PASSWORD })),
    env: { SIGNOFF_DATA: folder, SIGNOFF_SIGNIN_LIMIT: '10/15m', SIGNOFF_PROXY: '127.0.0.1,::1' },
  });
  const agent = new Agent({ keepAlive: true });
  return { port, product, app, spa, agent, databaseFile: join(folder, 'signoff.db') };
}

async function floodsOf({ app, spa, agent }: Scene) {
  const from = (address: string) => ({ 'x-forwarded-for': address });
  const guess = await openForm(app, agent);
  const authorize = (rp: RelyingParty) => new URL(rp.authorizationUrl({ state: 'x'.repeat(2_000) })).search;
  const wrong = `Basic ${Buffer.from('app:a-wrong-secret-of-some-length').toString('base64')}`;
  const pushed = new URLSearchParams(authorize(spa)).toString();
  return {
    'passwords, one address': many((i) => guess(`user${i}`, from('10.0.0.1'))),
    'passwords, 250 addresses at one account': many((i) => guess('victim', from(`10.1.${i % 250}.1`))),
    'wrong client secrets': many(() => ({
      method: 'POST',
      path: '/token',
      headers: { ...FORM, ...from('10.0.0.2'), authorization: wrong },
      body: 'grant_type=refresh_token&refresh_token=x',
    })),
    '/auth': many(() => ({ method: 'GET', path: `/auth${authorize(app)}`, headers: from('10.0.0.3') })),
    PAR: many(() => ({ method: 'POST', path: '/request', headers: { ...FORM, ...from('10.0.0.4') }, body: pushed })),
    '/health/ready': many(() => ({ method: 'GET', path: '/health/ready', headers: from('10.0.0.5') })),
  };
}

function many(make: (i: number) => FloodRequest): readonly FloodRequest[] {
  return Array.from({ length: 1_000 }, (_, i) => make(i));
}

/** One sign-in page, whose form is sent over and over: that is how guessing is cheapest. */
async function openForm(app: RelyingParty, agent: Agent) {
  const browser = createLightBrowser(agent, '10.9.9.9');
  const { location: page = '' } = await browser.get(app.authorizationUrl());
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec((await browser.get(page)).body) ?? [];
  const { pathname: path, origin } = new URL(page);
  const headers = { ...FORM, cookie: browser.cookie(), origin, accept: 'text/html' };
  return (username: string, address: Readonly<Record<string, string>>): FloodRequest => ({
    method: 'POST',
    path,
    headers: { ...headers, ...address },
    body: new URLSearchParams({ csrf, username, password: 'a guess' }).toString(),
  });
}

async function floodOnce(scene: Scene, requests: readonly FloodRequest[]): Promise<void> {
  const flooder = startFlooder({ port: scene.port, perSecond: PER_SECOND, requests });
  await peopleFor(scene, SLICE_MS);
  await flooder.stop();
}

/** Quiet and flooded slices take turns: on a shared machine a minute is no baseline for the next one. */
async function measure(scene: Scene, name: string, requests: readonly FloodRequest[], rounds: number) {
  const [quiet, flooded] = [emptyPeople(), emptyPeople()];
  const answers: Record<number, number> = {};
  const left = { rows: 0, lines: 0 };
  let generatorMs = 0;
  const from = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    add(quiet, await peopleFor(scene, SLICE_MS));
    const before = footprint(scene);
    const mine = process.cpuUsage();
    const { people, answered } = await floodedSlice(scene, scene.port, requests);
    for (const [status, count] of Object.entries(answered)) {
      answers[Number(status)] = (answers[Number(status)] ?? 0) + count;
    }
    const spent = process.cpuUsage(mine);
    generatorMs += (spent.user + spent.system) / 1_000;
    add(flooded, people);
    const after = footprint(scene);
    // What people leave behind is theirs: five rows and as many lines each.
    left.rows += Math.max(0, after.rows - before.rows - people.signIns.length * 5);
    left.lines += Math.max(0, after.lines - before.lines - people.signIns.length * 5);
  }
  // Of one address, and what was under way when its share was used up; quiet slices give some back.
  const rowsMax = Math.ceil(600 + 64 + (10 * (performance.now() - from)) / 1_000);
  return rowsOf(name, { quiet, flooded, answers, left, seconds: (rounds * SLICE_MS) / 1_000, generatorMs, rowsMax });
}

async function floodedSlice(scene: Scene, port: number, requests: readonly FloodRequest[]) {
  const flooder = startFlooder({ port, perSecond: PER_SECOND, requests });
  const people = await peopleFor(scene, SLICE_MS);
  return { people, answered: await flooder.stop() };
}

/** The same flood at somebody else on this machine: the generator's share of what people wait for, and the network's. */
async function measureBare(scene: Scene, requests: readonly FloodRequest[], rounds: number): Promise<Row> {
  const bare = await startBareRefusal();
  const [quiet, flooded] = [emptyPeople(), emptyPeople()];
  for (let round = 0; round < rounds; round += 1) {
    add(quiet, await peopleFor(scene, SLICE_MS));
    add(flooded, (await floodedSlice(scene, bare.port, requests)).people);
  }
  await bare.stop();
  return {
    name: 'flood, for comparison at a bare server that says 429: sign-in / sign-off of others, p99',
    ...besideQuiet(quiet, flooded),
    target: 'none: it is not ours',
    met: true,
  };
}

interface People {
  readonly signIns: number[];
  readonly signOffs: number[];
}

function emptyPeople(): People {
  return { signIns: [], signOffs: [] };
}

function add(to: People, more: People): void {
  to.signIns.push(...more.signIns);
  to.signOffs.push(...more.signOffs);
}

let person = 0;

/** People sign in and off, one after another in a few lanes, each from an address of their own. */
async function peopleFor(scene: Scene, forMs: number): Promise<People> {
  const people = emptyPeople();
  const until = performance.now() + forMs;
  const lane = async () => {
    while (performance.now() < until) {
      await visit(scene, people);
      await pause(BETWEEN_PEOPLE_MS);
    }
  };
  await Promise.all(Array.from({ length: PEOPLE }, lane));
  return people;
}

async function visit({ app, agent }: Scene, people: People): Promise<void> {
  person += 1;
  const browser = createLightBrowser(agent, `192.168.${(person >> 8) & 255}.${person & 255}`);
  const signInFrom = performance.now();
  const { location: pageUrl = '' } = await browser.get(app.authorizationUrl());
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec((await browser.get(pageUrl)).body) ?? [];
  const { location = '' } = await browser.post(pageUrl, { username: 'alice', password: PASSWORD, csrf });
  people.signIns.push(performance.now() - signInFrom);
  const { idToken } = await app.finish(location);
  const signOffFrom = performance.now();
  await browser.get(app.endSessionUrl({ id_token_hint: idToken }));
  people.signOffs.push(performance.now() - signOffFrom);
}

function startFlooder(plan: FloodPlan): { stop(): Promise<FloodAnswers> } {
  const worker = new Worker(new URL('./flooder.ts', import.meta.url), { workerData: plan });
  return {
    async stop() {
      worker.postMessage('stop');
      const [answers] = (await once(worker, 'message')) as [FloodAnswers];
      await worker.terminate();
      return answers;
    },
  };
}

/** Rows that strangers may leave behind, and lines of the log. */
function footprint({ databaseFile, product }: Scene): { readonly rows: number; readonly lines: number } {
  const database = new DatabaseSync(databaseFile, { readOnly: true });
  const sql = 'SELECT (SELECT count(*) FROM artifacts) + (SELECT count(*) FROM limits) AS rows';
  const { rows } = database.prepare(sql).get() as { rows: number };
  database.close();
  return { rows, lines: product.lineCount() };
}

interface Measured {
  readonly quiet: People;
  readonly flooded: People;
  readonly answers: FloodAnswers;
  readonly left: { readonly rows: number; readonly lines: number };
  readonly seconds: number;
  readonly generatorMs: number;
  readonly rowsMax: number;
}

function rowsOf(name: string, measured: Measured): readonly Row[] {
  const { quiet, flooded, answers, left, seconds, generatorMs, rowsMax } = measured;
  const ratios = ratiosOf(quiet, flooded);
  const count = Object.values(answers).reduce((sum, one) => sum + one, 0);
  const told = Object.entries(answers).map(([status, one]) => `${one} × ${status}`);
  const share = `this process took ${((generatorMs / seconds / 1_000) * 100).toFixed(0)} % of a core`;
  return [
    {
      name: `flood, ${name}, ${(count / seconds).toFixed(0)} /s: sign-in / sign-off of others, p99 (${share})`,
      ...besideQuiet(quiet, flooded),
      target: '≤ 1.3 ×',
      met: ratios.every((ratio) => ratio <= 1.3),
    },
    {
      name: `flood, ${name}: rows kept and lines logged (${told.join(', ')})`,
      value: `${left.rows} rows, ${left.lines} lines`,
      baseline: `${count} requests in ${seconds} s`,
      ratio: times(left.rows / count),
      target: `≤ ${rowsMax} rows (600 and ten a second), ≤ 8 lines a second`,
      met: left.rows <= rowsMax && left.lines <= 8 * seconds,
    },
  ];
}

function besideQuiet(quiet: People, flooded: People): Pick<Row, 'value' | 'baseline' | 'ratio'> {
  const [signIn, signOff] = ratiosOf(quiet, flooded);
  return {
    value: `${ms(p99(flooded.signIns))} / ${ms(p99(flooded.signOffs))}`,
    baseline: `${ms(p99(quiet.signIns))} / ${ms(p99(quiet.signOffs))} (quiet)`,
    ratio: `${times(signIn)} / ${times(signOff)}`,
  };
}

function ratiosOf(quiet: People, flooded: People): readonly [signIn: number, signOff: number] {
  return [p99(flooded.signIns) / p99(quiet.signIns), p99(flooded.signOffs) / p99(quiet.signOffs)];
}

function p99(samples: readonly number[]): number {
  return percentile(samples, 0.99);
}

function memoryRow(before: number, after: number): Row {
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MB`;
  return {
    name: 'flood: memory of the product after all of them',
    value: megabytes(after),
    baseline: `${megabytes(before)} (after each once)`,
    ratio: times(after / before),
    target: '≤ 1.5 ×',
    met: after / before <= 1.5,
  };
}
