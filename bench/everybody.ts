/**
 * Everybody is signed off: how long until the last app of the last session is told, what sign-ins wait meanwhile, and that a
 * kill -9 in the middle loses nobody. The store holds a month of history beside those who are signed in.
 */
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Store } from '../src/store/store.ts';
import { PASSWORD } from '../test/support/relying-party.ts';
import type { BenchStore } from './bench-stores.ts';
import type { CountingApp } from './counting-app.ts';
import { startCountingThread } from './counting-thread.ts';
import { APPS, crowdOf } from './crowd.ts';
import { signInAt } from './crowd-clients.ts';
import { openCrowded } from './crowded-store.ts';
import { createLightBrowser } from './light-browser.ts';
import { type Lives, prepareLives } from './lives.ts';
import { type Effort, ms, percentile, type Row, times } from './row.ts';

const SESSIONS = 100_000;
const QUICK_SESSIONS = 2_000;
/** Every fifth session of a crowd lives. */
const CROWD_PER_LIVE = 5;
const ANSWER_MS = 10;
/** Before it, and then the walk and a pause of it in turns: on a shared machine a quiet minute alone says nothing about the next hour. */
const QUIET_MS = 60_000;
const WALK_MS = 60_000;
const PAUSE_MS = 15_000;
const BETWEEN_PEOPLE_MS = 50;
/** Until what was ended before a pause is told. */
const TOLD_MS = 1_000;
const RATIO_MAX = 1.3;
/** The pace of everybody, unless an owner says otherwise. */
const PACE = 300;
const PAGE = 500;

export async function everybody({ quick, size, stores }: Effort): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const store of stores) rows.push(...(await measure(store, size ?? (quick ? QUICK_SESSIONS : SESSIONS))));
  return rows;
}

type App = Pick<CountingApp, 'file'>;

interface Measured {
  readonly sessions: number;
  readonly quiet: readonly number[];
  readonly beside: readonly number[];
  readonly seconds: number;
  /** `sid`s of everybody, and how often each arrived. */
  readonly arrivals: readonly number[];
}

async function measure(kind: BenchStore, sessions: number): Promise<readonly Row[]> {
  const { store, settings, remove } = await openCrowded(kind, crowdOf(sessions * CROWD_PER_LIVE, Date.now()));
  const crowd = await startCountingThread(APPS, ANSWER_MS);
  const { apps } = crowd;
  const ours = apps.map(({ clientId, file }) => ({ clientId, file: { ...file, party: 'first' } }));
  const lives = await prepareLives({ ...settings, SIGNOFF_SIGNIN_LIMIT: 'off' }, { apps: ours });
  const token = await anOwnersToken(lives);

  const first = lives.begin();
  await first.ready();
  const quiet = await signInsWhile(lives, apps, () => pause(QUIET_MS));
  const id = await endEverybody(lives, token);
  const walk = { lives, apps, token, id, told: (turns: Turns) => tellOf(kind, store, id, turns) };
  const before = await inTurns(walk, async () => (await endedBy(store, id)) > sessions / 2);
  await first.kill();
  const second = lives.begin();
  await second.ready();
  const after = await inTurns(walk, () => isOver(store, id));
  await second.stop();

  const told = await crowd.arrivals();
  const arrivals = (await sidsOf(store, id)).map((sid) => told.get(sid) ?? 0);
  await crowd.stop();
  lives.remove();
  await remove();
  return rowsOf(kind, {
    sessions,
    quiet: [...quiet, ...before.quiet, ...after.quiet],
    beside: [...before.beside, ...after.beside],
    seconds: (before.walkedMs + after.walkedMs) / 1_000,
    arrivals,
  });
}

interface Walk {
  readonly lives: Lives;
  readonly apps: readonly App[];
  readonly token: string;
  readonly id: string;
  /** After each turn: an hour of it is long. */
  readonly told: (turns: Turns) => Promise<void>;
}

interface Turns {
  readonly quiet: readonly number[];
  readonly beside: readonly number[];
  /** Without its pauses. */
  readonly walkedMs: number;
}

/** People sign in beside the walk and beside its pauses, in turns, until `isSo`. */
async function inTurns(walk: Walk, isSo: () => Promise<boolean>): Promise<Turns> {
  const { lives, apps } = walk;
  const turns = { quiet: [] as number[], beside: [] as number[], walkedMs: 0 };
  let is = false;
  const walkSome = async () => {
    for (const from = performance.now(); !is && performance.now() - from < WALK_MS; is = await isSo()) await pause(250);
  };
  for (;;) {
    const from = performance.now();
    turns.beside.push(...(await signInsWhile(lives, apps, walkSome)));
    turns.walkedMs += performance.now() - from;
    if (is) return turns;
    if (!(await steer(walk, 'pause'))) continue;
    await pause(TOLD_MS);
    turns.quiet.push(...(await signInsWhile(lives, apps, () => pause(PAUSE_MS))));
    await walk.told(turns);
    await steer(walk, 'resume');
  }
}

async function tellOf(
  { name }: BenchStore,
  store: Store,
  id: string,
  { quiet, beside, walkedMs }: Turns,
): Promise<void> {
  const [quiet99, beside99] = [quiet, beside].map((some) => ms(percentile(some, 0.99)));
  const seconds = Math.round(walkedMs / 1_000);
  console.error(
    `  ${name}: ${await endedBy(store, id)} ended, ${seconds} s of this process; p99 ${beside99}, quiet ${quiet99}`,
  );
}

/** Answers false where the walk is over: some of its apps are still to be told. */
async function steer({ lives, token, id }: Walk, what: 'pause' | 'resume'): Promise<boolean> {
  const answer = await post(lives, token, `logouts/${id}/${what}`, {});
  if (!answer.ok && answer.status !== 409) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
  return answer.ok;
}

/** Alice's, who signs in beside it, too. */
async function anOwnersToken({ command }: Lives): Promise<string> {
  await command(['accounts', 'add', 'alice', '--password-stdin'], PASSWORD);
  await command(['operators', 'add', 'alice', '--role', 'owner']);
  const scopes = ['signoff.sessions', 'signoff.admin'].flatMap((scope) => ['--scope', scope]);
  const { token } = JSON.parse(await command(['tokens', 'add', 'alice', ...scopes, '--json'])) as { token: string };
  return token;
}

/** Answers the id of the logout. */
async function endEverybody(lives: Lives, token: string): Promise<string> {
  const answer = await post(lives, token, 'logouts', { everybody: true });
  if (!answer.ok) throw new Error(`everybody was not ended: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { readonly logout_id: string }).logout_id;
}

function post({ issuer }: Lives, token: string, path: string, body: object): Promise<Response> {
  return fetch(`${issuer}/api/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Milliseconds of each password sign-in, one after the other, as long as `work` takes. */
async function signInsWhile(lives: Lives, apps: readonly App[], work: () => Promise<void>): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const app = apps[0]?.file as { readonly client_id: string; readonly redirect_uris: readonly [string] };
  const samples: number[] = [];
  let isOver = false;
  const over = work().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const since = performance.now();
    await signInAt(createLightBrowser(agent), lives.issuer, app);
    samples.push(performance.now() - since);
    await pause(BETWEEN_PEOPLE_MS);
  }
  await over;
  agent.destroy();
  return samples;
}

async function endedBy(store: Store, id: string): Promise<number> {
  return (await store.logouts.find(id))?.sessionsEnded ?? 0;
}

/** Counting goes through all of its deliveries, so that is asked for when nothing else is left to see. */
async function isOver(store: Store, id: string): Promise<boolean> {
  const logout = await store.logouts.find(id);
  return logout?.walking === false && (await store.logouts.progress(id)).trying === 0;
}

async function sidsOf(store: Store, logoutId: string): Promise<readonly string[]> {
  const sids: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.deliveries.list({ logoutId }, { limit: PAGE, ...(after !== undefined && { after }) });
    sids.push(...page.map(({ sid }) => sid));
    after = page.at(-1)?.id;
    if (page.length < PAGE) return sids;
  }
}

function rowsOf({ name }: BenchStore, { sessions, quiet, beside, seconds, arrivals }: Measured): readonly Row[] {
  const label = `everybody, ${name}, ${sessions.toLocaleString('en')} sessions`;
  const [quiet99, beside99] = [percentile(quiet, 0.99), percentile(beside, 0.99)];
  const lost = arrivals.filter((count) => count === 0).length;
  const twice = arrivals.filter((count) => count > 1).length;
  const paceS = sessions / PACE;
  return [
    {
      name: `${label}: until the last of ${arrivals.length.toLocaleString('en')} deliveries, a kill -9 in the middle: lost / told twice`,
      value: `${seconds.toFixed(0)} s, ${(sessions / seconds).toFixed(0)} sessions a second: ${lost} / ${twice}`,
      baseline: `${paceS.toFixed(0)} s (${PACE} sessions a second)`,
      ratio: times(seconds / paceS),
      target: '0 lost',
      met: lost === 0 && arrivals.length >= sessions,
    },
    {
      name: `the same: a password sign-in meanwhile, p99 of ${beside.length}`,
      value: ms(beside99),
      baseline: `${ms(quiet99)} (quiet, ${quiet.length})`,
      ratio: times(beside99 / quiet99),
      target: `≤ ${RATIO_MAX} ×`,
      met: beside99 / quiet99 <= RATIO_MAX,
    },
  ];
}
