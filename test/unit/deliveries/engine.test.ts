import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { AtHand } from '../../../src/deliveries/at-hand.ts';
import type { KeptRunner } from '../../../src/deliveries/engine-orders.ts';
import type { Signer } from '../../../src/deliveries/signer.ts';
import { aClaim } from '../../support/builders.ts';
import { aDelivery } from './a-delivery.ts';
import { aClient, type Bench, createBench, KEY } from './engine-bench.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await createBench();
});
afterEach(() => bench.close());

const ok = (_: unknown, res: ServerResponse) => void res.writeHead(204).end();
const answer =
  (status: number, body = '') =>
  (_: unknown, res: ServerResponse) =>
    void res.writeHead(status).end(body);
const hang = () => undefined;

async function tokenOf(req: IncomingMessage) {
  const body = Buffer.concat(await req.toArray()).toString();
  return decodeJwt(new URLSearchParams(body).get('logout_token') ?? '');
}

const states = (...ids: string[]) => ids.map((id) => bench.store.get(id).state);

describe('telling an app', () => {
  it('makes one attempt with a token of that very session, and one log line', async () => {
    const seen: unknown[] = [];
    await bench.app('wiki', async (req, res) => {
      seen.push((await tokenOf(req))['sid']);
      res.writeHead(200).end();
    });
    const id = bench.deliver('wiki');
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'told');
    expect(seen).toEqual([`sid-${id}`]);
    expect(bench.store.attempts(id)).toMatchObject([{ verdict: 'delivered', status: 200, error: undefined }]);
    expect(bench.events('delivery.attempted')).toEqual([
      expect.objectContaining({
        delivery_id: id,
        logout_id: 'l1',
        client_id: 'wiki',
        account_id: 'a1',
        session: expect.stringMatching(/^.{8}$/),
        attempt: 1,
        verdict: 'delivered',
        status: 200,
        ms: expect.any(Number),
      }),
    ]);
    expect(JSON.stringify(bench.lines)).not.toMatch(/(?<![\w-])eyJ/);
    expect(bench.store.leases()).toBe(0);
  });

  it('sends to the first of many before it begins with the last', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `app${index}`);
    for (const name of names) await bench.app(name, ok);
    const ids = names.map((name) => bench.deliver(name));
    let begun = 0;
    const inFirstTurn = Promise.withResolvers<number>();
    // Asked as each begins.
    const keyFor: Signer['keyFor'] = async () => {
      begun += 1;
      if (begun === 1) setImmediate(() => inFirstTurn.resolve(begun));
      return KEY;
    };
    await bench.engine({ signer: { keyFor, reload: () => undefined } }).start();
    expect(await inFirstTurn.promise).toBeLessThan(10);
    await bench.until(() => states(...ids).every((state) => state === 'told'));
  });

  it('is woken by a commit, and tells who waits for the logout', async () => {
    await bench.app('wiki', ok);
    const engine = bench.engine();
    const moved: string[] = [];
    engine.onSettled((logoutIds) => moved.push(...logoutIds));
    await engine.start();
    await new Promise(setImmediate);
    const id = bench.deliver('wiki', { logoutId: 'l7' });
    const startedAt = performance.now();
    engine.wake();
    await bench.until(() => states(id)[0] === 'told');
    expect(performance.now() - startedAt).toBeLessThan(500);
    expect(moved).toEqual(['l7']);
  });

  describe('what was leased to it by the write that made it', () => {
    const life = { processId: 'me', predecessors: [] };
    const leased = () => bench.store.engineStore.claim(aClaim({ now: Date.now(), processId: 'me' }));

    function heardFrom(engine: KeptRunner, wanted: AtHand): Promise<void> {
      return new Promise((heard) => {
        engine.onAtHand((atHand) => atHand === wanted && heard());
      });
    }

    it('is sent as soon as it is handed over', async () => {
      await bench.app('wiki', ok);
      const id = bench.deliver('wiki');
      const { token, deliveries } = await leased();
      const engine = bench.engine({ life });
      const idle = heardFrom(engine, 'little');
      expect(engine.idle()).toBeUndefined();
      await engine.start();
      await idle;
      expect(engine.idle()).toMatchObject({ processId: 'me', leaseMs: 60_000, atHand: 'little' });
      engine.idle()?.take({ token, deliveries });
      await bench.until(() => states(id)[0] === 'told');
      expect(bench.store.leases()).toBe(0);
    });

    it('is sent with the token that was prepared, which is sent to nobody before', async () => {
      const got: unknown[] = [];
      await bench.app('wiki', async (req, res) => {
        got.push((await tokenOf(req))['sid']);
        res.end();
      });
      const id = bench.deliver('wiki');
      const { token, deliveries } = await leased();
      let signed = 0;
      // Once for each that is prepared, and not again for the one that is sent.
      const asked = Promise.withResolvers<void>();
      const keyFor: Signer['keyFor'] = async () => {
        signed += 1;
        asked.resolve();
        return KEY;
      };
      const engine = bench.engine({ life, signer: { keyFor, reload: () => undefined } });
      const idle = heardFrom(engine, 'little');
      await engine.start();
      await idle;
      engine.idle()?.prepare([...deliveries, aDelivery({ id: 'undone', clientId: 'wiki' })]);
      await asked.promise;
      engine.idle()?.take({ token, deliveries });
      await bench.until(() => states(id)[0] === 'told');
      expect([signed, got]).toEqual([2, [`sid-${id}`]]);
    });

    it('is asked for only while there is not much to do, and by nobody who can wait while there is some', async () => {
      const apps = ['wiki', 'mail', 'chat'];
      for (const app of apps) await bench.app(app, hang);
      const engine = bench.engine({ life });
      const [little, some, much] = (['little', 'some', 'much'] as const).map((wanted) => heardFrom(engine, wanted));
      await engine.start();
      await little;
      for (let n = 0; n < 10; n += 1) for (const app of apps) bench.deliver(app);
      engine.wake();
      await some;
      expect(engine.idle()).toMatchObject({ atHand: 'some' });
      for (let n = 0; n < 30; n += 1) for (const app of apps) bench.deliver(app);
      engine.wake();
      await much;
      expect(engine.idle()).toBeUndefined();
    });

    it('is sent once more by whoever comes next when it is handed to an engine that has stopped', async () => {
      await bench.app('wiki', ok);
      const id = bench.deliver('wiki');
      const { token, deliveries } = await leased();
      const gone = bench.engine({ life });
      await gone.start();
      await gone.stop();
      gone.take({ token, deliveries });
      await bench.engine({ life: { processId: 'next', predecessors: ['me'] } }).start();
      await bench.until(() => states(id)[0] === 'told');
      expect(bench.store.attempts(id)).toHaveLength(1);
    });
  });

  it('finds by itself what nobody woke it for', async () => {
    await bench.app('wiki', ok);
    await bench.engine().start();
    await new Promise(setImmediate);
    const id = bench.deliver('wiki');
    await bench.until(() => states(id)[0] === 'told');
  });

  it('A8 tries again with a fresh token until the app is back', async () => {
    const jtis = new Set<unknown>();
    await bench.app('wiki', async (req, res) => {
      jtis.add((await tokenOf(req)).jti);
      res.writeHead(jtis.size < 6 ? 503 : 200).end();
    });
    const id = bench.deliver('wiki');
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'told');
    expect(jtis.size).toBe(6);
    expect(bench.store.attempts(id).map((one) => one.verdict)).toEqual([...Array(5).fill('retry'), 'delivered']);
    expect(bench.events('delivery.attempted').map((facts) => facts['attempt'])).toEqual([1, 2, 3, 4, 5, 6]);
    expect(bench.store.breakers()).toEqual([]);
  });

  it('G12 calls the address that is registered now, not the one of when the session ended', async () => {
    const before = await bench.app('wiki', ok);
    await bench.app('wiki', ok);
    const id = bench.deliver('wiki', { origin: before });
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'told');
  });
});

describe('refusals', () => {
  it('a 400 is tried slowly, said once, then refused with the words of the app kept', async () => {
    await bench.app('wiki', answer(400, '{"error":"invalid_request"}'));
    const id = bench.deliver('wiki');
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'refused');
    expect(bench.store.attempts(id)).toMatchObject([
      { verdict: 'retry', answer: '{"error":"invalid_request"}' },
      { verdict: 'retry' },
      { verdict: 'refused' },
    ]);
    expect(bench.events('delivery.refused')).toHaveLength(1);
    expect(bench.store.get(id)).toMatchObject({ refusals: 2, lastStatus: 400 });
    expect(bench.store.breakers()).toEqual([]);
  });

  it('an app that asked and answers 400 to its own tokens: tried again, then moot, and one hint for all of them', async () => {
    await bench.app('wiki', answer(400, '{"error":"no such session"}'));
    const ids = [bench.deliver('wiki', { asked: true }), bench.deliver('wiki', { asked: true })];
    const other = bench.deliver('wiki');
    await bench.engine().start();
    await bench.until(() => [...states(...ids), ...states(other)].join() === 'moot,moot,refused');
    for (const id of ids) {
      expect(bench.store.attempts(id)).toMatchObject([
        { verdict: 'retry' },
        { verdict: 'retry' },
        { verdict: 'refused' },
      ]);
      expect(bench.store.get(id)).toMatchObject({ refusals: 2, lastStatus: 400 });
    }
    expect(bench.events('delivery.asker_refused')).toMatchObject([
      { client_id: 'wiki', error: expect.stringContaining('answer 200') },
    ]);
    expect(bench.events('delivery.refused')).toMatchObject([{ delivery_id: other }]);
  });

  it('an app that asked and could not end its session just then is told when it can', async () => {
    let calls = 0;
    await bench.app('wiki', (_, res) => void res.writeHead(++calls === 1 ? 400 : 200).end());
    const id = bench.deliver('wiki', { asked: true });
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'told');
    expect(calls).toBe(2);
  });

  it('a 405 is refused at once, with the fix in the line', async () => {
    await bench.app('wiki', answer(405));
    const id = bench.deliver('wiki');
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'refused');
    expect(bench.store.attempts(id)).toHaveLength(1);
    expect(bench.events('delivery.refused')).toMatchObject([{ error: expect.stringContaining('does not take POST') }]);
  });

  it('an app whose address was taken away is refused, without an attempt', async () => {
    await bench.app('wiki', ok);
    bench.clients.set('wiki', aClient('wiki', undefined));
    const id = bench.deliver('wiki');
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'refused');
    expect(bench.store.attempts(id)).toEqual([]);
  });

  it('invariant 10: an address that the rules forbid is never called', async () => {
    let calls = 0;
    await bench.app('wiki', (_, res) => {
      calls += 1;
      res.end();
    });
    bench.clients.set('wiki', aClient('wiki', 'https://169.254.169.254/latest'));
    const id = bench.deliver('wiki');
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'refused');
    expect(calls).toBe(0);
    expect(bench.store.get(id).lastError).toContain('SIGNOFF_OUTBOUND_ALLOW');
  });
});

describe('the end of trying', () => {
  it('past its deadline a failing delivery is given up, visibly', async () => {
    await bench.app('wiki', answer(500));
    const id = bench.deliver('wiki', { deadline: { at: Date.now() + 100, becomes: 'given-up' } });
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'given-up');
    expect(bench.events('delivery.given_up')).toMatchObject([{ delivery_id: id, status: 500 }]);
  });

  it('even one that was late from the start gets its one try', async () => {
    await bench.app('wiki', ok);
    const id = bench.deliver('wiki', { deadline: { at: 1, becomes: 'given-up' } });
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'told');
  });

  it("past the app's own longest session it is moot, and nobody is called", async () => {
    let calls = 0;
    await bench.app('wiki', (_, res) => {
      calls += 1;
      res.end();
    });
    const id = bench.deliver('wiki', { deadline: { at: Date.now() - 1, becomes: 'moot' } });
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'moot');
    expect(calls).toBe(0);
  });

  it('a delivery to an unknown client is put back, never settled, and made once the client is known', async () => {
    const id = bench.deliver('wiki', { createdAt: 0 });
    let reloads = 0;
    const reload = async () => {
      reloads += 1;
    };
    const find = (clientId: string) => bench.clients.get(clientId);
    await bench.engine({ clients: { find, reload } }).start();
    await bench.until(() => bench.store.leases() === 0 && bench.store.settles.length > 0);
    expect(bench.store.get(id)).toMatchObject({ state: 'trying', attempts: 0 });
    expect(bench.store.get(id).nextAttemptAt).toBeGreaterThan(Date.now());
    expect(bench.events('delivery.client_unknown')).toHaveLength(1);
    expect(reloads).toBeGreaterThan(0);
  });
});

describe('fairness (invariant 5)', () => {
  it('A10 one tarpit among fifty does not delay the others beyond a second', async () => {
    await bench.app('tarpit', hang);
    for (let i = 0; i < 20; i += 1) bench.deliver('tarpit');
    const ids: string[] = [];
    for (let i = 0; i < 49; i += 1) {
      await bench.app(`app${i}`, ok);
      ids.push(bench.deliver(`app${i}`));
    }
    const startedAt = performance.now();
    await bench.engine().start();
    await bench.until(() => bench.store.told() === ids.length);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it('an app has eight calls under way at first, more while it answers quickly, never more than 64', async () => {
    let now = 0;
    let atFirst = 0;
    let most = 0;
    const begin = Promise.withResolvers<void>();
    await bench.app('wiki', async (_, res) => {
      now += 1;
      most = Math.max(most, now);
      // None is answered before a ninth would have come.
      if (now === 8 && atFirst === 0) setTimeout(begin.resolve, 50);
      await begin.promise;
      atFirst ||= now;
      setTimeout(() => {
        now -= 1;
        res.writeHead(200).end();
      }, 5);
    });
    const ids = Array.from({ length: 400 }, () => bench.deliver('wiki'));
    await bench.engine().start();
    await bench.until(() => bench.store.told() === ids.length);
    expect(atFirst).toBe(8);
    expect(most).toBeGreaterThan(12);
    expect(most).toBeLessThanOrEqual(64);
  });

  it('an app that says 503 or 429 is given half as much', async () => {
    let now = 0;
    const seen: number[] = [];
    await bench.app('wiki', (_, res) => {
      now += 1;
      seen.push(now);
      const busy = seen.length <= 2;
      setTimeout(() => {
        now -= 1;
        res.writeHead(busy ? 503 : 200).end();
      }, 20);
    });
    const ids = Array.from({ length: 40 }, () => bench.deliver('wiki'));
    await bench.engine().start();
    await bench.until(() => bench.store.told() === ids.length);
    expect(seen[7]).toBe(8);
    // From 4 it takes 4 + 5 + 6 + 7 quick answers to be at 8 again.
    expect(Math.max(...seen.slice(8, 24))).toBeLessThan(8);
  });

  it('an app with two thousand rows and no answer does not fill the claims', async () => {
    await bench.app('tarpit', hang);
    for (let i = 0; i < 2_000; i += 1) bench.deliver('tarpit');
    await bench.app('wiki', ok);
    const id = bench.deliver('wiki');
    const startedAt = performance.now();
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'told');
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  it('two thousand deliveries to forty apps all arrive, once, in few writes', async () => {
    const sids: unknown[] = [];
    for (let i = 0; i < 40; i += 1) {
      await bench.app(`app${i}`, async (req, res) => {
        sids.push((await tokenOf(req))['sid']);
        res.writeHead(200).end();
      });
    }
    const ids = Array.from({ length: 2_000 }, (_, i) => bench.deliver(`app${i % 40}`));
    await bench.engine().start();
    await bench.until(() => bench.store.told() === ids.length);
    expect(sids).toHaveLength(2_000);
    expect(new Set(sids).size).toBe(2_000);
    expect(bench.store.settles.length).toBeLessThan(400);
    expect(Math.max(...bench.store.settles)).toBeLessThanOrEqual(125);
  });

  it('a dead app is probed, not hammered: its breaker opens and its rows are not written', async () => {
    let calls = 0;
    await bench.app('dead', (_, res) => {
      calls += 1;
      res.writeHead(503).end();
    });
    for (let i = 0; i < 100; i += 1) bench.deliver('dead');
    await bench.app('wiki', ok);
    const retry = { firstMs: 10_000, maxMs: 60_000, refusalsMs: [] };
    const engine = bench.engine({ retry });
    await engine.start();
    await bench.until(() => bench.store.breakers().some((one) => one.shutMs > 0));
    const id = bench.deliver('wiki');
    engine.wake();
    await bench.until(() => states(id)[0] === 'told' && bench.store.leases() === 0);
    expect(calls).toBeLessThanOrEqual(16);
    expect(bench.store.untried()).toBe(100 - calls);
  });

  it('a retry by hand goes out at once, although its app is left alone for minutes', async () => {
    let down = true;
    await bench.app('wiki', (_, res) => void res.writeHead(down ? 503 : 200).end());
    const ids = Array.from({ length: 5 }, () => bench.deliver('wiki'));
    const engine = bench.engine({ retry: { firstMs: 60_000, maxMs: 3_600_000, refusalsMs: [] } });
    await engine.start();
    await bench.until(() => bench.store.breakers().some((one) => one.shutMs > 60_000) && bench.store.leases() === 0);
    down = false;
    await expect(bench.store.retryAll()).resolves.toBe(5);
    engine.wake();
    await bench.until(() => bench.store.told() === ids.length);
  });

  it('Retry-After is the time of the next try: an app that answers 503 with 1 s twice is told after 2 s', async () => {
    let calls = 0;
    await bench.app('wiki', (_, res) => {
      calls += 1;
      res.writeHead(calls <= 2 ? 503 : 200, { 'retry-after': '1' }).end();
    });
    const id = bench.deliver('wiki');
    const startedAt = performance.now();
    await bench.engine({ retry: { firstMs: 10_000, maxMs: 3_600_000, refusalsMs: [] } }).start();
    await bench.until(() => states(id)[0] === 'told');
    expect(performance.now() - startedAt).toBeGreaterThan(1_990);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
  });

  it('when an app is back, its other waiting rows are due at once, whatever their own schedule says', async () => {
    let down = true;
    await bench.app('wiki', (_, res) => void res.writeHead(down ? 503 : 200, { 'retry-after': '1' }).end());
    const waiting = { nextAttemptAt: Date.now() + 3_600_000 };
    const ids = [...Array.from({ length: 300 }, () => bench.deliver('wiki', waiting)), bench.deliver('wiki')];
    await bench.engine().start();
    await bench.until(() => bench.store.breakers().length > 0);
    down = false;
    await bench.until(() => bench.store.told() === ids.length);
    expect(bench.store.breakers()).toEqual([]);
  });

  it('when the dead app is back, all its rows follow the one probe', async () => {
    let down = true;
    await bench.app('wiki', (_, res) => void res.writeHead(down ? 503 : 200).end());
    const ids = Array.from({ length: 50 }, () => bench.deliver('wiki'));
    await bench.engine().start();
    await bench.until(() => bench.store.breakers().length > 0);
    down = false;
    await bench.until(() => bench.store.told() === ids.length);
    expect(bench.store.breakers()).toEqual([]);
  });
});

describe('bad days', () => {
  it('a store that is gone is said once, and the work goes on when it is back', async () => {
    await bench.app('wiki', ok);
    const engine = bench.engine();
    await engine.start();
    bench.store.down = true;
    engine.wake();
    await bench.until(() => bench.events('store.unreachable').length > 0);
    const id = bench.deliver('wiki');
    setTimeout(() => {
      bench.store.down = false;
    }, 700);
    await bench.until(() => states(id)[0] === 'told');
    expect(bench.events('store.unreachable')).toHaveLength(1);
    expect(bench.events('store.reached')).toHaveLength(1);
  });

  it('a result that cannot be written is kept until it can', async () => {
    await bench.app('wiki', (_, res) => {
      bench.store.down = true;
      setTimeout(() => {
        bench.store.down = false;
      }, 250);
      res.writeHead(200).end();
    });
    const id = bench.deliver('wiki');
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'told');
    expect(bench.store.attempts(id)).toHaveLength(1);
  });

  it('A9 what a dead engine had leased is taken over at once by the one that stands in for it', async () => {
    await bench.app('wiki', ok);
    const id = bench.deliver('wiki');
    await bench.store.engineStore.beat({ processId: 'dead', home: undefined }, Date.now());
    await bench.store.engineStore.claim(aClaim({ now: Date.now(), processId: 'dead' }));
    const startedAt = performance.now();
    await bench.engine({ life: { processId: 'successor', predecessors: ['dead'] } }).start();
    await bench.until(() => states(id)[0] === 'told');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(bench.events('delivery.rescued')).toMatchObject([{ count: 1 }]);
  });

  it('A9 what a silent engine had leased is taken over within seconds', async () => {
    await bench.app('wiki', ok);
    const id = bench.deliver('wiki');
    await bench.store.engineStore.beat({ processId: 'silent', home: undefined }, Date.now());
    await bench.store.engineStore.claim(aClaim({ now: Date.now(), processId: 'silent' }));
    const startedAt = performance.now();
    await bench.engine().start();
    await bench.until(() => states(id)[0] === 'told');
    expect(performance.now() - startedAt).toBeGreaterThan(2_900);
    expect(bench.events('delivery.rescued')).toMatchObject([{ count: 1 }]);
  });

  it('a lost lease is fenced and said, its result is not written', async () => {
    const id = { value: '' };
    await bench.app('wiki', (_, res) => {
      bench.store.rob(id.value);
      res.writeHead(200).end();
    });
    id.value = bench.deliver('wiki');
    await bench.engine().start();
    await bench.until(() => bench.events('delivery.lease_lost').length > 0);
    expect(states(id.value)).toEqual(['trying']);
  });

  it('what could not be sent in half of its lease is put back', async () => {
    await bench.app('wiki', (_, res) => void setTimeout(() => res.writeHead(200).end(), 40));
    const ids = Array.from({ length: 60 }, () => bench.deliver('wiki'));
    await bench.engine({ leaseMs: 160 }).start();
    await bench.until(() => bench.store.told() === ids.length);
    const attempts = ids.map((id) => bench.store.attempts(id).length);
    expect(attempts).toEqual(Array(60).fill(1));
    expect(bench.events('delivery.lease_lost')).toEqual([]);
  });

  it('a clock that goes back makes rows due again', async () => {
    await bench.app('wiki', ok);
    let offset = 0;
    const clock = { now: () => Date.now() + offset };
    const id = bench.deliver('wiki', { nextAttemptAt: Date.now() + 500 });
    const engine = bench.engine({ clock });
    await engine.start();
    await new Promise(setImmediate);
    offset = -3_600_000;
    engine.wake();
    await bench.until(() => states(id)[0] === 'told');
    expect(bench.events('clock.jumped')).toHaveLength(1);
  });

  it('a key that is missing costs a wait, not the delivery', async () => {
    await bench.app('wiki', ok);
    const id = bench.deliver('wiki');
    await bench
      .engine({ signer: { keyFor: () => Promise.reject(new Error('none')), reload: () => undefined } })
      .start();
    await bench.until(() => bench.store.settles.length > 0);
    expect(bench.store.get(id)).toMatchObject({ state: 'trying', attempts: 0 });
    expect(bench.events('delivery.not_signed')).toHaveLength(1);
  });
});

describe('stopping', () => {
  it('drains what is under way, puts back what waits, leaves no lease', async () => {
    const open: ServerResponse[] = [];
    await bench.app('wiki', (_, res) => void open.push(res));
    const ids = Array.from({ length: 30 }, () => bench.deliver('wiki'));
    const engine = bench.engine();
    await engine.start();
    while (open.length < 8) await new Promise(setImmediate);
    const stopping = engine.stop();
    for (const res of open) res.writeHead(200).end();
    await stopping;
    expect(states(...ids).filter((state) => state === 'told')).toHaveLength(8);
    expect(bench.store.leases()).toBe(0);
    expect(ids.filter((id) => bench.store.attempts(id).length === 0)).toHaveLength(22);
    expect(engine.healthy()).toBe(false);
  });

  it('is safe twice, and before the start', async () => {
    const engine = bench.engine();
    await Promise.all([engine.start(), engine.start()]);
    expect(engine.healthy()).toBe(true);
    await Promise.all([engine.stop(), engine.stop()]);
    await bench.engine().stop();
  });
});
