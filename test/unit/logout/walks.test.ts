import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AtHand } from '../../../src/deliveries/at-hand.ts';
import type { IdleEngine } from '../../../src/deliveries/engine-runner.ts';
import { createEndSessions, type EndSessions } from '../../../src/logout/end-sessions.ts';
import { createSweep, type Sweep } from '../../../src/logout/sweep.ts';
import { createWalks, type Walks } from '../../../src/logout/walks.ts';
import { createCryptoBox } from '../../../src/ops/crypto-box.ts';
import type { Facts, Log } from '../../../src/ops/log.ts';
import { createRightOfWay } from '../../../src/ops/right-of-way.ts';
import type { Store } from '../../../src/store/store.ts';
import { aCause, planAll, signIn, T0 } from '../../support/builders.ts';
import { type StorePlace, sqlitePlace } from '../../support/stores.ts';

let place: StorePlace;
let store: Store;
let endSessions: EndSessions;
let sweep: Sweep;
let walks: Walks;
let lines: { event: string; facts: Facts }[];
/** The client whose record cannot be read. */
let broken: string | undefined;
let atHand: AtHand;
/** How many it was handed. */
let handed: number;

beforeEach(async () => {
  place = await sqlitePlace();
  store = await place.open();
  lines = [];
  broken = undefined;
  atHand = 'much';
  handed = 0;
  const write = (event: string, facts: Facts = {}) => void lines.push({ event, facts });
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const clock = { now: () => Date.now() };
  const clients = (id: string) => {
    if (id === broken) throw new Error('the record cannot be read');
    return { logout: { keep_offline_access: true }, backchannel_logout_uri: `https://${id}.test/logout` };
  };
  const box = createCryptoBox(randomBytes(32));
  const rightOfWay = createRightOfWay();
  const engine = { wake: () => undefined, idle: () => idleEngine(atHand) };
  endSessions = createEndSessions({ store, clock, log, box, clients, engine, rightOfWay });
  sweep = createSweep({ store, endSessions, clock, log, rightOfWay, everyMs: 60_000 });
  walks = createWalks({ store, endSessions, log, everyMs: 60_000 });
});
afterEach(() => place.remove());

function idleEngine(has: AtHand): IdleEngine | undefined {
  if (has === 'much') return undefined;
  return {
    processId: 'engine',
    leaseMs: 60_000,
    atHand: has,
    prepare: () => undefined,
    take({ deliveries }) {
      handed += deliveries.length;
    },
    recover: () => undefined,
  };
}

/** A logout with so much left that several writes are to come; as a crash leaves it. */
async function aWalkingLogout(): Promise<string> {
  await signIn(store, { clients: Array(1_600).fill('wiki') });
  await store.sessions.end('large', { kind: 'client', clientId: 'wiki' }, aCause(), Date.now(), planAll());
  expect((await store.logouts.find('large'))?.walking).toBe(true);
  return 'large';
}

describe('a logout larger than one write', () => {
  it('is left at its next write when the process stops, and gone on with later', async () => {
    const id = await aWalkingLogout();
    const walk = endSessions.proceed(id);
    await endSessions.stop();
    await walk;
    expect((await store.logouts.find(id))?.walking).toBe(true);
    expect(lines.filter((line) => line.event === 'logout.walked')).toEqual([]);
  });

  it('whose walk fails keeps nobody else signed in', async () => {
    const id = await aWalkingLogout();
    const { uid } = await signIn(store, { clients: ['mail'], at: T0 });
    broken = 'wiki';
    await Promise.all([walks.run(), sweep.run()]);
    expect((await store.sessions.get(uid))?.session.state).toBe('ended');
    expect(lines).toContainEqual({ event: 'sweep.failed', facts: expect.objectContaining({ logout_id: id }) });
    broken = undefined;
    await walks.run();
    expect((await store.logouts.find(id))?.walking).toBe(false);
  });

  it('is walked once at a time in one process', async () => {
    const id = await aWalkingLogout();
    const walk = endSessions.proceed(id);
    expect(endSessions.isWalking(id)).toBe(true);
    expect(endSessions.proceed(id)).toBe(walk);
    await walks.run();
    expect((await store.logouts.find(id))?.walking).toBe(true);
    await walk;
    expect(endSessions.isWalking(id)).toBe(false);
    expect(lines.filter((line) => line.event === 'logout.walked')).toHaveLength(1);
  });
});

describe('an engine', () => {
  /** So that a walk's first write leaves something to the next ones. */
  const SESSIONS = 200;
  const everybody = async () => {
    for (let n = 0; n < SESSIONS; n += 1) await signIn(store, { clients: ['wiki'] });
    const cause = { reason: 'everybody', actor: { kind: 'operator' }, pace: 10_000 } as const;
    await endSessions({ kind: 'everybody' }, cause);
    await endSessions.settled();
  };

  it('with little at hand is handed what a walk and the sweep end', async () => {
    atHand = 'little';
    await everybody();
    expect(handed).toBe(SESSIONS);
    const { uid } = await signIn(store, { clients: ['mail'], at: T0 });
    await sweep.run();
    expect((await store.sessions.get(uid))?.session.state).toBe('ended');
    expect(handed).toBe(SESSIONS + 1);
  });

  it('with some at hand is handed what somebody waits for, and neither', async () => {
    atHand = 'some';
    const { uid } = await signIn(store, { clients: ['wiki'] });
    await endSessions({ kind: 'session', uid }, { reason: 'user', actor: { kind: 'user' } });
    expect(handed).toBe(1);
    await signIn(store, { clients: ['mail'], at: T0 });
    await sweep.run();
    expect(handed).toBe(1);
    await everybody();
    expect(handed).toBeLessThan(SESSIONS);
  });
});
