/** The first start of a store invites its first owner by a link that works once. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('the first owner', () => {
  let world: World<'wiki'>;
  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {} } });
  });
  afterAll(() => world.stop());

  const invited = () => world.logged.filter(({ event }) => event === 'owner.invited');

  it('comes in by the link of the first start, with an account that is there, once', async () => {
    const [{ url }] = invited() as unknown as [{ url: string }];
    expect(url).toMatch(new RegExp(`^${world.issuer}/admin/first/[\\w-]{43}$`));
    const browser = createBrowser();
    const page = await browser.get(url);
    const wrong = await browser.submit(page, { username: 'alice', password: 'not her password' });
    expect([wrong.status, wrong.body]).toEqual([401, expect.stringContaining('not its password')]);
    const short = await browser.submit(page, { username: 'somebody', password: 'short' });
    expect([short.status, short.body]).toEqual([422, expect.stringContaining('shorter than 8')]);
    const done = await browser.submit(page, { username: 'alice', password: world.password });
    expect([done.status, done.body]).toEqual([200, expect.stringContaining('You are the owner now')]);
    await expect(world.store.operators.role(await world.accountId('alice'))).resolves.toBe('owner');
    const again = await browser.get(url);
    expect([again.status, again.body]).toEqual([404, expect.stringContaining('operators link')]);
    await world.restart();
    expect(invited()).toHaveLength(1);
    await expect(world.store.audit.list({}, 1)).resolves.toMatchObject([
      { action: 'operators.first', actor: { kind: 'link' }, from: '127.0.0.1' },
    ]);
  });

  it('is nobody by a link that was never made', async () => {
    const url = `${world.issuer}/admin/first/${'x'.repeat(43)}`;
    const page = await createBrowser().get(url);
    expect(page.status).toBe(404);
    const german = await createBrowser().get(`${url}?ui_locales=de`);
    expect(german.body).toContain('„signoff operators link“ macht einen neuen.');
  });
});
