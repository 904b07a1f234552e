/** Seen in real browsers: the second click of a double click ended at "This page is old. Nothing was done", though it was. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { answerTo } from '../spec/scene.ts';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';
import { PASSWORD, type RelyingParty } from '../support/relying-party.ts';

const ALICE = { username: 'alice', password: PASSWORD };

describeFlows('the second answer of one interaction goes where the first went', () => {
  let world: World<'wiki' | 'notes' | 'polls' | 'forms'>;

  beforeAll(async () => {
    const third = { file: { party: 'third' } };
    world = await startWorld({ apps: { wiki: {}, notes: third, polls: third, forms: third } });
  });
  afterAll(() => world.stop());

  async function sendTwice(browser: Browser, app: RelyingParty, page: Page, fields: Record<string, string>) {
    const first = await browser.submit(page, fields, { stopAt: app.redirectUri });
    const second = await browser.submit(page, fields, { stopAt: app.redirectUri });
    return [answerTo(app, first), answerTo(app, second)] as const;
  }

  it('sign-in: with a code of its own, and no second session', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    const page = await browser.get(wiki.authorizationUrl({ prompt: 'login' }));

    const [first, second] = await sendTwice(browser, wiki, page, ALICE);

    expect(second.get('state')).toBe(first.get('state'));
    expect(second.get('code')).not.toBe(first.get('code'));
    expect((await wiki.finish(`${wiki.redirectUri}?${second}`)).claims.sid).toBeTruthy();
    const accountId = await world.accountId('alice');
    expect(await world.store.sessions.list({ accountId, state: 'live' }, { limit: 9 })).toHaveLength(1);
  });

  it('sign-in, both sent at once by a browser that drops the first answer', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    const page = await browser.get(wiki.authorizationUrl());

    const [, second] = await Promise.all([
      browser.submit(page, ALICE, { follow: false }),
      browser.submit(page, ALICE, { stopAt: wiki.redirectUri }),
    ]);

    expect((await wiki.finish(second.location ?? '')).claims.sub).toBe(await world.accountId('alice'));
  });

  it('the second one needs the password as the first did', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    const page = await browser.get(wiki.authorizationUrl());
    await browser.submit(page, ALICE, { stopAt: wiki.redirectUri });

    const again = await browser.submit(page, { ...ALICE, password: 'wrong' }, { stopAt: wiki.redirectUri });

    expect(again.status).toBe(401);
  });

  it.each(['allow', 'deny'] as const)('consent: %s', async (decision) => {
    const app = decision === 'allow' ? world.apps.notes : world.apps.polls;
    const browser = createBrowser();
    const signIn = await browser.get(app.authorizationUrl({ prompt: 'login consent' }));
    const page = await browser.submit(signIn, ALICE);
    expect(page.forms[0]?.choices['decision']).toContain(decision);

    const [first, second] = await sendTwice(browser, app, page, { decision });

    const expected = decision === 'allow' ? { code: expect.any(String) } : { error: 'access_denied' };
    expect(Object.fromEntries(first)).toMatchObject(expected);
    expect(Object.fromEntries(second)).toMatchObject(expected);
  });

  it('"Continue as …?"', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    await wiki.signIn(browser);
    const page = await browser.get(wiki.authorizationUrl({ prompt: 'select_account' }));

    const [, second] = await sendTwice(browser, wiki, page, { decision: 'continue' });

    expect(second.has('code')).toBe(true);
  });

  it('after a sign-off no address of the sign-in signs anybody in again', async () => {
    const { forms } = world.apps;
    const browser = createBrowser();
    const signIn = await browser.get(forms.authorizationUrl());
    const consent = await browser.submit(signIn, ALICE);
    const done = await browser.submit(consent, { decision: 'allow' }, { stopAt: forms.redirectUri });
    const { idToken } = await forms.finish(done.location ?? '');
    await browser.submit(await browser.get(forms.endSessionUrl({ id_token_hint: idToken })), {
      scope: 'all-here',
      decision: 'sign-out',
    });
    const visited = [...signIn.trail, ...consent.trail, ...done.trail].filter((url) =>
      /\/(auth|interaction)\//.test(url),
    );
    expect(visited.length).toBeGreaterThanOrEqual(4);

    for (const url of visited) {
      const page = await browser.get(url, { stopAt: forms.redirectUri });
      expect([url, page.location]).toEqual([url, undefined]);
    }
    const again = await browser.submit(consent, { decision: 'allow' }, { stopAt: forms.redirectUri });
    expect(again.location).toBeUndefined();
    expect(again.forms[0]?.fields).toHaveProperty('password');
  });
});
