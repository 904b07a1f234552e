import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createBrowser } from '../support/browser.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';

describeFlows('the four scopes', () => {
  let world: World<'wiki' | 'mail' | 'notes'>;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {}, notes: { file: { party: 'third' } } } });
  });
  afterEach(() => world.stop());

  it('app-here: ends just this app, which then asks "Continue as" and gets a new sid', async () => {
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const first = await wiki.signIn(browser);
    const inMail = await mail.signIn(browser);

    const page = await browser.get(wiki.endSessionUrl({ id_token_hint: first.idToken, logout_scope: 'app-here' }));
    await wiki.waitForTokens(1);

    expect(page.status).toBe(200);
    expect(mail.received).toHaveLength(0);
    const silent = await browser.get(wiki.authorizationUrl({ prompt: 'none' }), { stopAt: wiki.redirectUri });
    expect(new URL(silent.location ?? '').searchParams.get('error')).toBe('login_required');
    const mailStill = await browser.get(mail.authorizationUrl({ prompt: 'none' }), { stopAt: mail.redirectUri });
    expect((await mail.finish(mailStill.location ?? '')).claims.sid).toBe(inMail.claims.sid);

    const ask = await browser.get(wiki.authorizationUrl());
    expect(ask.forms[0]?.choices['decision']).toEqual(expect.arrayContaining(['continue', 'other']));
    const back = await browser.submit(ask, { decision: 'continue' }, { stopAt: wiki.redirectUri });
    const again = await wiki.finish(back.location ?? '');
    expect(again.claims.sub).toBe(first.claims.sub);
    expect(again.claims.sid).not.toBe(first.claims.sid);
  });

  it('app-here kills the tokens of that app and of no other', async () => {
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const inWiki = await wiki.signIn(browser);
    const inMail = await mail.signIn(browser);
    await browser.get(wiki.endSessionUrl({ id_token_hint: inWiki.idToken, logout_scope: 'app-here' }));

    const dead = await wiki.token({ grant_type: 'refresh_token', refresh_token: inWiki.refreshToken ?? '' });
    const alive = await mail.token({ grant_type: 'refresh_token', refresh_token: inMail.refreshToken ?? '' });

    expect(dead).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
    expect(alive.status).toBe(200);
  });

  it('app-everywhere, chosen on the page: this app on all devices, other apps untouched', async () => {
    const { wiki, mail } = world.apps;
    const laptop = createBrowser();
    const phone = createBrowser();
    const onLaptop = await wiki.signIn(laptop);
    const onPhone = await wiki.signIn(phone);
    await mail.signIn(phone);

    const page = await laptop.get(wiki.endSessionUrl({ client_id: 'wiki' }));
    expect(page.forms[0]?.choices['scope']).toEqual(['app-here', 'all-here', 'app-everywhere', 'all-everywhere']);
    await laptop.submit(page, { scope: 'app-everywhere', decision: 'sign-out' });

    await wiki.waitForTokens(2);
    expect(sids(wiki)).toEqual([onLaptop.claims.sid, onPhone.claims.sid].sort());
    expect(mail.received).toHaveLength(0);
  });

  it('all-everywhere, chosen on the page: every device and app, and the page says how many', async () => {
    const { wiki, mail } = world.apps;
    const laptop = createBrowser();
    const phone = createBrowser();
    const onLaptop = await wiki.signIn(laptop);
    const onPhone = await wiki.signIn(phone);
    const mailOnPhone = await mail.signIn(phone);

    const page = await laptop.get(wiki.endSessionUrl());
    expect(page.body).toMatch(/2 devices, 3 app sign-ins/);
    const receipt = await laptop.submit(page, { scope: 'all-everywhere', decision: 'sign-out' });

    await wiki.waitForTokens(2);
    await mail.waitForTokens(1);
    expect(sids(wiki)).toEqual([onLaptop.claims.sid, onPhone.claims.sid].sort());
    expect(sids(mail)).toEqual([mailOnPhone.claims.sid]);
    expect(new URL(receipt.url).pathname).toMatch(/^\/logout\//);
    const silent = await phone.get(mail.authorizationUrl({ prompt: 'none' }), { stopAt: mail.redirectUri });
    expect(new URL(silent.location ?? '').searchParams.get('error')).toBe('login_required');
  });

  it('a third-party app gets the page, its own scope preselected, and no more than was chosen', async () => {
    const { wiki, notes } = world.apps;
    const browser = createBrowser();
    await wiki.signIn(browser);
    const inNotes = await notes.signIn(browser);

    const page = await browser.get(
      notes.endSessionUrl({
        id_token_hint: inNotes.idToken,
        post_logout_redirect_uri: notes.postLogoutRedirectUri,
        state: 's1',
      }),
    );
    expect(page.forms[0]?.fields['scope']).toBe('app-here');
    const back = await browser.submit(page, { decision: 'sign-out' }, { follow: false });

    expect(back.status).toBe(303);
    expect(back.location).toBe(`${notes.postLogoutRedirectUri}?state=s1`);
    expect(sids(notes)).toEqual([inNotes.claims.sid]);
    expect(wiki.received).toHaveLength(0);
  });

  it('"Stay signed in" ends nothing', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    const { claims } = await wiki.signIn(browser);
    const page = await browser.get(wiki.endSessionUrl());

    await browser.submit(page, { decision: 'stay' });

    const silent = await browser.get(wiki.authorizationUrl({ prompt: 'none' }), { stopAt: wiki.redirectUri });
    expect((await wiki.finish(silent.location ?? '')).claims.sid).toBe(claims.sid);
    expect(wiki.received).toHaveLength(0);
  });

  it('an app-* scope without a known app is 400 and ends nothing', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    await wiki.signIn(browser);
    const page = await browser.get(wiki.endSessionUrl());
    expect(page.forms[0]?.choices['scope']).toEqual(['all-here', 'all-everywhere']);

    const refused = await browser.submit(page, { scope: 'app-here', decision: 'sign-out' });

    expect(refused.status).toBe(400);
    const silent = await browser.get(wiki.authorizationUrl({ prompt: 'none' }), { stopAt: wiki.redirectUri });
    expect(new URL(silent.location ?? '').searchParams.get('code')).toBeTruthy();
  });

  it('the form of one session cannot end another: replayed or altered, it is an old page', async () => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    await wiki.signIn(browser);
    const page = await browser.get(wiki.endSessionUrl({ client_id: 'wiki' }));
    const sealed = page.forms[0]?.fields['request'] ?? '';
    const other = createBrowser();
    await wiki.signIn(other, { username: 'bob' });
    const otherPage = await other.get(wiki.endSessionUrl({ client_id: 'wiki' }));

    const replayed = await other.submit(otherPage, { request: sealed, decision: 'sign-out' });
    const altered = await other.submit(otherPage, { request: `${sealed.slice(0, -4)}AAAA`, decision: 'sign-out' });

    expect([replayed.status, altered.status]).toEqual([403, 403]);
    expect(wiki.received).toHaveLength(0);
  });
});

describeFlows('signing in as somebody else in the same browser', () => {
  let world: World<'wiki' | 'mail'>;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} } });
  });
  afterEach(() => world.stop());

  it('ends the first session everywhere before the second begins', async () => {
    const { wiki, mail } = world.apps;
    const browser = createBrowser();
    const alice = await wiki.signIn(browser);
    const page = await browser.get(mail.authorizationUrl({ prompt: 'login' }), { stopAt: mail.redirectUri });

    const back = await browser.submit(
      page,
      { username: 'bob', password: world.password },
      { stopAt: mail.redirectUri },
    );
    const bob = await mail.finish(back.location ?? '');

    await wiki.waitForTokens(1);
    expect(wiki.received.map((one) => one.claims.sid)).toEqual([alice.claims.sid]);
    expect(bob.claims.sub).not.toBe(alice.claims.sub);
    const home = await browser.get(world.issuer);
    expect(home.body).toContain('bob');
    expect(home.body).not.toContain('alice');
  });
});

function sids(app: World<string>['apps'][string]): (string | undefined)[] {
  return app.received.map((one) => one.claims.sid).sort();
}
