/** "This page is old" was a dead end: it named no app and led nowhere. */
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { signOff } from '../spec/scene.ts';
import { createBrowser, type Page } from '../support/browser.ts';
import { backToNow, HOUR, letPass } from '../support/moving-time.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';
import { PASSWORD } from '../support/relying-party.ts';

const ALICE = { username: 'alice', password: PASSWORD };

describeFlows('a page that is too old leads back to the app', () => {
  let world: World<'wiki' | 'mail' | 'shop'>;

  beforeAll(async () => {
    world = await startWorld({
      apps: {
        wiki: {},
        mail: { file: { client_uri: 'https://mail.example/inbox' } },
        shop: { file: { initiate_login_uri: 'https://shop.example/sign-in?via=signoff' } },
      },
    });
  });
  afterEach(backToNow);
  afterAll(() => world.stop());

  it.each([
    ['the host it comes back to', 'wiki', (): string => `${world.apps.wiki.origin}/`],
    ['its home page', 'mail', (): string => 'https://mail.example/inbox'],
    ['where it begins a sign-in', 'shop', (): string => startOfShop()],
  ] as const)('idle for two hours: %s', async (_, id, start) => {
    const browser = createBrowser();
    const page = await browser.get(world.apps[id].authorizationUrl());
    letPass(2 * HOUR);

    const late = await browser.submit(page, ALICE);
    const visit = await browser.get(page.url);

    for (const one of [late, visit]) {
      expect(one.status).toBe(403);
      expect(one.body).toContain('This page is old');
      expect(links(one)).toContain(start());
    }
  });

  function startOfShop(): string {
    return `https://shop.example/sign-in?via=signoff&iss=${encodeURIComponent(world.issuer)}`;
  }

  it('the back button after a sign-in: says that nothing is left to do', async () => {
    const { mail } = world.apps;
    const browser = createBrowser();
    const page = await browser.get(mail.authorizationUrl());
    await browser.submit(page, ALICE, { stopAt: mail.redirectUri });

    const soon = await browser.get(page.url, { stopAt: mail.redirectUri });
    letPass(HOUR / 4);
    const later = await browser.get(page.url, { stopAt: mail.redirectUri });

    for (const back of [soon, later]) {
      expect(back.status).toBe(403);
      expect(back.body).toContain('You are signed in already');
      expect(back.body).not.toContain('Nothing was done');
      expect(links(back)).toContain('https://mail.example/inbox');
    }
  });

  it('a form whose csrf field is of a browser run before', async () => {
    const { mail } = world.apps;
    const browser = createBrowser();
    const page = await browser.get(mail.authorizationUrl());
    browser.forget(browser.cookies().find(({ name }) => name.startsWith('csrf'))?.name ?? 'no such cookie');

    const late = await browser.submit(page, ALICE);

    expect(late.body).toContain('page_old');
    expect(links(late)).toContain('https://mail.example/inbox');
  });

  it('signed off in another tab: a password that is asked for again signs in anew', async () => {
    const { mail } = world.apps;
    const browser = createBrowser();
    const tokens = await mail.signIn(browser);
    const page = await browser.get(mail.authorizationUrl({ prompt: 'login' }));
    await signOff(browser, mail, tokens);

    const done = await browser.submit(page, ALICE, { stopAt: mail.redirectUri });

    expect((await mail.finish(done.location ?? '')).claims.sid).not.toBe(tokens.claims.sid);
  });

  it('a sign-off page: idle for two hours, or of a session that somebody else has taken the place of', async () => {
    const { mail } = world.apps;
    const browser = createBrowser();
    await mail.signIn(browser);
    const page = await browser.get(mail.endSessionUrl({ client_id: 'mail' }));
    await mail.signIn(browser, { username: 'bob', parameters: { prompt: 'login' } });

    const other = await browser.submit(page, { decision: 'sign-out' });
    letPass(2 * HOUR);
    const late = await browser.submit(page, { decision: 'sign-out' });

    for (const one of [other, late]) {
      expect(one.status).toBe(403);
      expect(links(one)).toContain('https://mail.example/inbox');
    }
  });

  it('an app that nobody knows is not led to', async () => {
    const page = await createBrowser().get(`${world.issuer}/interaction/made-up?client_id=javascript:alert(1)`);

    expect(page.status).toBe(403);
    // What chooses a language stays where it is.
    const elsewhere = links(page).filter((href) => !/^\/interaction\/made-up\?[^#]*&speak=de$/.test(href));
    expect(elsewhere).toEqual(['/', '/']);
  });
});

/** Where the page leads. */
function links({ body }: Page): string[] {
  return [...body.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
}
