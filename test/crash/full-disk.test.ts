import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../spec/scene.ts';
import { createBrowser, send } from '../support/browser.ts';
import { describeOnSqlite } from '../support/product.ts';
import { type ProductProcess, startProductProcess } from '../support/product-process.ts';
import { expectDead, expectTold, type Person, signInAtAll, signOff } from './people.ts';

/** Linux can forbid a running process to write files; elsewhere these are shown as skipped. */
const canLimit = spawnSync('prlimit', ['--version']).status === 0;
const describeIt = canLimit ? describeOnSqlite : describe.skip;

describeIt('a disk that is full', () => {
  let product: ProductProcess<'wiki' | 'mail'>;
  let alice: Person;
  beforeAll(async () => {
    product = await startProductProcess({ apps: { wiki: {}, mail: {} }, settings: { SIGNOFF_LOGOUT_WAIT: '0ms' } });
  });
  beforeEach(async () => {
    alice = await signInAtAll(product, 'alice');
  });
  afterAll(() => product.stop());

  it('is 503 with Retry-After for people and programs, loses nothing, and is over by itself once there is room', async () => {
    const { wiki } = product.apps;
    const at = (path: string) => send('GET', new URL(`${product.issuer}${path}`), {});
    limitFiles('1');
    const refused = await Promise.all([
      signOff(alice),
      createBrowser().get(wiki.authorizationUrl()),
      at('/health/ready'),
    ]);
    const refresh = { grant_type: 'refresh_token', refresh_token: alice.signIns[0]?.tokens.refreshToken ?? '' };
    const forPrograms = await wiki.token(refresh);
    const live = await at('/health/live');

    expect(refused.map((page) => page.status)).toEqual([503, 503, 503]);
    for (const page of refused) expect(Number(page.headers['retry-after'])).toBeGreaterThan(0);
    expect(forPrograms).toMatchObject({ status: 503, json: { error: expect.any(String) } });
    expect(live.status).toBe(200);

    limitFiles('unlimited');
    await eventually(async () => (await at('/health/ready')).status === 200);
    expect((await wiki.token(refresh)).status).toBe(200);
    expect((await signOff(alice)).status).toBe(303);
    await expectTold([alice]);
    await expectDead(alice, product);
  }, 60_000);

  it('between an answer of an app and its record: it is written down later, and the app is not told twice', async () => {
    const { mail } = product.apps;
    const heard = mail.received.length;
    mail.behaviour = 'slow';
    const before = product.logged.length;
    const receipt = await signOff(alice);
    await mail.waitForTokens(heard + 1);
    limitFiles('1');
    await eventually(() => product.logged.slice(before).some((line) => line.event === 'store.unreachable'));
    limitFiles('unlimited');

    await eventually(async () => {
      const page = await alice.browser.get(receipt.location ?? '', { headers: { accept: 'application/json' } });
      return (JSON.parse(page.body) as { counts: { told: number } }).counts.told === 2;
    });
    await expectTold([alice]);
    expect(mail.received.length).toBe(heard + 1);
  }, 60_000);

  /** Of files alone: sockets and pipes go on. */
  function limitFiles(bytes: string): void {
    const { status, stderr } = spawnSync('prlimit', ['--pid', String(product.pid), `--fsize=${bytes}:`]);
    if (status !== 0) throw new Error(String(stderr));
  }
});
