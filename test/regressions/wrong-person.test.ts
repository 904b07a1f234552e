import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerTo, isSignedIn } from '../spec/scene.ts';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { startWorld, type World } from '../support/product.ts';
import type { RelyingParty, Tokens } from '../support/relying-party.ts';

type Names = (tokens: Tokens) => Record<string, string>;

const NAMING: [string, 'wiki' | 'pair', Names][] = [
  ['id_token_hint', 'wiki', ({ idToken }) => ({ id_token_hint: idToken })],
  ['claims.sub', 'wiki', ({ claims }) => ({ claims: JSON.stringify({ id_token: { sub: { value: claims.sub } } }) })],
  ['id_token_hint of a pairwise app', 'pair', ({ idToken }) => ({ id_token_hint: idToken })],
];

describe('an app asks for one person, and another signs in (Core §3.1.2.1)', () => {
  let world: World<'wiki' | 'pair' | 'mail'>;

  beforeAll(async () => {
    world = await startWorld({ apps: { wiki: {}, pair: { file: { subject_type: 'pairwise' } }, mail: {} } });
  });
  afterAll(() => world.stop());

  describe.each(NAMING)('by %s', (_, id, names) => {
    let app: RelyingParty;
    let alice: Browser;
    let tokens: Tokens;
    let asked: Record<string, string>;

    beforeAll(async () => {
      app = world.apps[id];
      alice = createBrowser();
      tokens = await app.signIn(alice);
      asked = { ...names(tokens), state: 'mine' };
    });

    it('wrong-person: it is login_required back to the app, at once, and nobody is signed in', async () => {
      const browser = createBrowser();
      const page = await browser.get(app.authorizationUrl(asked));

      const answer = await typed(browser, page, 'bob');

      expect(Object.fromEntries(answer)).toMatchObject({ error: 'login_required', state: 'mine' });
      expect(await isSignedIn(browser, world.apps.mail)).toBe(false);
    });

    it('wrong-person: the session that is there stays as it was', async () => {
      const page = await alice.get(app.authorizationUrl({ ...asked, prompt: 'login' }));

      const answer = await typed(alice, page, 'bob');

      expect(answer.get('error')).toBe('login_required');
      expect(await isSignedIn(alice, app)).toBe(true);
    });

    it('wrong-person: the right one gets in, and whoever was signed in here before is told first', async () => {
      const browser = createBrowser();
      const ofBob = await world.apps.mail.signIn(browser, { username: 'bob' });
      const page = await browser.get(app.authorizationUrl(asked));
      expect(wordsOf(page)).toMatch(/bob is signed in here.*ends that sign-in on this device, in all its apps/);

      expect((await typed(browser, page, 'alice')).has('code')).toBe(true);
      await world.apps.mail.waitForSids([ofBob.claims.sid]);
    });

    function typed(browser: Browser, page: Page, username: string): Promise<URLSearchParams> {
      const fields = { username, password: world.password };
      return browser.submit(page, fields, { stopAt: app.redirectUri }).then((out) => answerTo(app, out));
    }
  });

  it.each([
    { prompt: 'login' },
    { max_age: '0' },
  ])('a page that asks once more (%j) names whom, prefills the name, and says what another sign-in ends', async (wish) => {
    const { wiki } = world.apps;
    const browser = createBrowser();
    await wiki.signIn(browser);

    const page = await browser.get(wiki.authorizationUrl(wish));
    const wrong = await browser.submit(page, { password: 'wrong' });

    for (const shown of [page, wrong]) {
      expect(wordsOf(shown)).toMatch(/signed in as alice.*somebody else.*ends that sign-in on this device/);
      expect(shown.forms[0]?.fields['username']).toBe('alice');
    }
    expect(wordsOf(wrong)).toContain('do not match');
  });
});

function wordsOf({ body }: Page): string {
  return body.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}
