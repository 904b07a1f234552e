import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { type ProductProcess, startProductProcess } from '../support/product-process.ts';
import { settledReceipt } from './settled-receipt.ts';

const HEALTHY = ['h1', 'h2', 'h3', 'h4', 'h5'];
const SLOW = ['s1', 's2', 's3', 's4', 's5'];

describe('A9 killed in mid fan-out', () => {
  let product: ProductProcess<string>;

  beforeAll(async () => {
    const apps = Object.fromEntries([
      ...HEALTHY.map((name) => [name, {}] as const),
      ...SLOW.map((name) => [name, { behaviour: 'hang' as const }] as const),
    ]);
    product = await startProductProcess({ apps, settings: { SIGNOFF_LOGOUT_WAIT: '0ms' } });
  });
  afterAll(() => product.stop());

  it('A9 kill -9 while apps are being told: the next start goes on, no app is missed, each hears of its own sid', async () => {
    const apps = Object.values(product.apps);
    const browser = createBrowser();
    const sids = new Map<string, string>();
    for (const app of apps) sids.set(app.clientId, (await app.signIn(browser)).claims.sid);

    const receipt = await browser.submit(await browser.get(`${product.issuer}/session/end`), {
      scope: 'all-here',
      decision: 'sign-out',
    });
    await Promise.all(apps.map((app) => app.waitForTokens(1)));
    // Here half of the apps have answered and half still hold the call.
    await product.kill();
    for (const app of apps) app.behaviour = 'ok';
    await product.start();

    // By its pid the dead one is known with the first beat of its successor, before that is ready; silence takes 3 s.
    await product.waitForLines('delivery.rescued');
    const lines = await product.waitForLines('engine.ready', {}, 2);
    expect(lines).toHaveLength(2);
    const order = product.logged.map((line) => line.event);
    expect(order.indexOf('delivery.rescued')).toBeLessThan(order.lastIndexOf('engine.ready'));

    const again = SLOW.map((name) => product.apps[name] ?? unknown(name));
    await Promise.all(again.map((app) => app.waitForTokens(2)));
    for (const app of apps) {
      expect(app.bad).toEqual([]);
      expect(new Set(app.received.map((one) => one.claims.sid))).toEqual(new Set([sids.get(app.clientId)]));
      expect(new Set(app.received.map((one) => one.claims.jti)).size).toBe(app.received.length);
    }
    expect((await settledReceipt(browser, receipt.url)).counts).toMatchObject({ told: apps.length });
  });
});

function unknown(name: string): never {
  throw new Error(`there is no app ${name}`);
}
