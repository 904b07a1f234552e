import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, signOff } from '../spec/scene.ts';
import { createBrowser } from '../support/browser.ts';
import { backToNow, letPass, SECOND } from '../support/moving-time.ts';
import { startWorld, type World } from '../support/product.ts';
import { settledReceipt } from './settled-receipt.ts';

const MINUTE = 60 * SECOND;

describe('A8 an app that is down for ten minutes', () => {
  let world: World<'wiki' | 'mail'>;

  beforeAll(async () => {
    world = await startWorld({
      apps: { wiki: {}, mail: { behaviour: 'reset' } },
      settings: { SIGNOFF_RETRY_FIRST: '1s', SIGNOFF_RETRY_MAX: '1h', SIGNOFF_LOGOUT_WAIT: '0ms' },
    });
  });
  afterAll(async () => {
    await world.stop();
    backToNow();
  });

  it('A8 rp-down-ten-minutes: is told when it is back; every attempt was a new token with its own jti and times', async () => {
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const inWiki = await wiki.signIn(browser);
    const inMail = await mail.signIn(browser);
    const page = await signOff(browser, wiki, inWiki);
    await eventually(() => attempts().length === 1);

    for (let minutes = 0; minutes < 10; minutes += 5) {
      const before = attempts().length;
      letPass(5 * MINUTE);
      await eventually(() => attempts().length > before);
    }
    expect(attempts().map((line) => line['verdict'])).not.toContain('delivered');
    mail.behaviour = 'ok';
    letPass(5 * MINUTE);

    await eventually(() => attempts().at(-1)?.['verdict'] === 'delivered');
    expect(mail.bad).toEqual([]);
    expect(mail.received.length).toBeGreaterThanOrEqual(4);
    expect(new Set(mail.received.map((one) => one.claims.sid))).toEqual(new Set([inMail.claims.sid]));
    expect(new Set(mail.received.map((one) => one.claims.jti)).size).toBe(mail.received.length);
    for (const { claims, at } of mail.received) expect(Math.abs(at - (claims.iat ?? 0) * 1000)).toBeLessThan(5_000);
    expect((await settledReceipt(browser, page.location)).counts).toMatchObject({ told: 2, given_up: 0 });
  });

  function attempts() {
    return world.logged.filter((line) => line.event === 'delivery.attempted' && line['client_id'] === 'mail');
  }
});
