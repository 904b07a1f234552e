import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isSignedIn, signOff } from '../spec/scene.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';

describe("A19 the hint of one person in another person's browser", () => {
  let world: World<'wiki' | 'mail'>;
  let alice: Browser;
  let bob: Browser;
  let ofAlice: Tokens;
  let ofBob: Tokens;

  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} } });
    alice = createBrowser();
    bob = createBrowser();
    ofAlice = await world.apps.wiki.signIn(alice);
    await world.apps.mail.signIn(alice);
    ofBob = await world.apps.wiki.signIn(bob, { username: 'bob' });
  });
  afterEach(() => world.stop());

  it('A19 foreign-hint: asks, ends nothing by itself', async () => {
    const { wiki } = world.apps;

    const page = await signOff(bob, wiki, ofAlice);

    expect(page.status).toBe(200);
    expect(page.forms[0]?.choices['decision']).toEqual(expect.arrayContaining(['sign-out', 'stay']));
    expect(page.body).not.toContain('alice');
    expect(await isSignedIn(bob, wiki)).toBe(true);
    expect(await isSignedIn(alice, wiki)).toBe(true);
    expect(wiki.received).toEqual([]);
  });

  it.each([
    'all-here',
    'all-everywhere',
  ])('A19 foreign-hint: after a yes to %s only the apps of the person who said it are told, and nobody is sent anywhere', async (scope) => {
    const { wiki, mail } = world.apps;
    const page = await signOff(bob, wiki, ofAlice);

    const out = await bob.submit(page, { scope, decision: 'sign-out' });

    await wiki.waitForTokens(1);
    expect(wiki.received.map((one) => one.claims.sid)).toEqual([ofBob.claims.sid]);
    expect(mail.received).toEqual([]);
    expect(out.trail.filter((url) => !url.startsWith(world.issuer))).toEqual([]);
    expect(out.body).not.toContain(wiki.postLogoutRedirectUri);
    expect(await isSignedIn(bob, wiki)).toBe(false);
    expect(await isSignedIn(alice, wiki)).toBe(true);
    expect(await isSignedIn(alice, mail)).toBe(true);
  });
});
