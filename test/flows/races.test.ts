import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ArtifactWrite } from '../../src/store/store.ts';
import { isSignedIn, refresh, signOff } from '../spec/scene.ts';
import { type Browser, createBrowser, type Page, sameCookies } from '../support/browser.ts';
import { holdAnswer, holdCall } from '../support/hold-call.ts';
import { describeFlows, startWorld, type World } from '../support/product.ts';
import type { Tokens } from '../support/relying-party.ts';

let world: World<'wiki' | 'mail'>;
let browser: Browser;
let tokens: Tokens;

describeFlows('while a session ends', () => {
  beforeEach(async () => {
    world = await startWorld({ apps: { wiki: {}, mail: {} } });
    browser = createBrowser();
    tokens = await world.apps.wiki.signIn(browser);
  });
  afterEach(() => world.stop());

  describe('a request in flight', () => {
    it('that has its code, kept with its session, revives nothing: its app is told, its code is dead', async () => {
      const { wiki, mail } = world.apps;
      const gate = holdAnswer(world.store.sessions, 'join');
      const late = browser.get(mail.authorizationUrl(), { stopAt: mail.redirectUri });
      await gate.reached;
      await signOff(sameCookies(browser), wiki, tokens);
      gate.open();

      await expect(mail.finish((await late).location ?? '')).rejects.toThrow(/invalid_grant|login_required/);
      await Promise.all([wiki.waitForTokens(1), mail.waitForTokens(1)]);
      await expectOver(['mail', 'wiki']);
    });

    it('that gets its code afterwards gets none: its app hears login_required and took part in nothing', async () => {
      const { wiki, mail } = world.apps;
      const gate = holdCall(world.store.sessions, 'join');
      const late = browser.get(mail.authorizationUrl(), { stopAt: mail.redirectUri });
      await gate.reached;
      await signOff(sameCookies(browser), wiki, tokens);
      gate.open();

      expect(answerOf(await late).get('error')).toBe('login_required');
      await wiki.waitForTokens(1);
      await expectOver(['wiki']);
    });

    it('that signs in anew, password and all, revives nothing either', async () => {
      const { wiki } = world.apps;
      const page = await browser.get(wiki.authorizationUrl({ prompt: 'login' }));
      const gate = holdAnswer(world.store.sessions, 'join');
      const late = browser.submit(page, credentials(), { stopAt: wiki.redirectUri });
      await gate.reached;
      await signOff(sameCookies(browser), wiki, tokens);
      gate.open();

      await expect(wiki.finish((await late).location ?? '')).rejects.toThrow(/invalid_grant|login_required/);
      await wiki.waitForTokens(1);
      await expectOver(['wiki']);
    });

    it('that refreshes is refused', async () => {
      const { wiki } = world.apps;
      const gate = holdCall(world.store.provider, 'save', isModel('AccessToken'));
      const late = refresh(wiki, tokens);
      await gate.reached;
      await signOff(sameCookies(browser), wiki, tokens);
      gate.open();

      expect(await late).toMatchObject({ status: 400, json: { error: 'invalid_grant' } });
      await expectOver(['wiki']);
    });
  });

  describe('a code', () => {
    it('that is redeemed after the end is refused, and its app is told', async () => {
      const { wiki, mail } = world.apps;
      const waiting = await browser.get(mail.authorizationUrl(), { stopAt: mail.redirectUri });
      await signOff(browser, wiki, tokens);

      await expect(mail.finish(waiting.location ?? '')).rejects.toThrow('invalid_grant');
      await mail.waitForTokens(1);
      await expectOver(['mail', 'wiki']);
    });

    it('whose redemption is under way when the end comes is refused', async () => {
      const { wiki, mail } = world.apps;
      const waiting = await browser.get(mail.authorizationUrl(), { stopAt: mail.redirectUri });
      const gate = holdCall(world.store.provider, 'save', isModel('AccessToken'));
      const late = mail.finish(waiting.location ?? '');
      const refused = expect(late).rejects.toThrow('invalid_grant');
      await gate.reached;
      await signOff(sameCookies(browser), wiki, tokens);
      gate.open();

      await refused;
      await mail.waitForTokens(1);
      await expectOver(['mail', 'wiki']);
    });
  });

  describe('a sign-in begun before "everywhere"', () => {
    let phone: Browser;
    beforeEach(() => {
      phone = createBrowser();
    });

    it('whose password was verified before and that goes on after is dead on arrival', async () => {
      const late = await heldAt('ofDevice');

      expectNoCode(late);
      await expectNobodySignedIn();
    });

    it('whose password was verified before, in a second tab that goes on after, is dead on arrival', async () => {
      const { wiki, mail } = world.apps;
      const page = await phone.get(mail.authorizationUrl());
      const secondTab = sameCookies(phone);
      await wiki.signIn(phone, credentials());
      const verified = await secondTab.submit(page, credentials(), { follow: false });
      expect([verified.status, verified.location]).toEqual([303, expect.stringContaining('/auth/')]);
      await signOffEverywhere();

      const after = await secondTab.get(verified.location ?? '', { stopAt: mail.redirectUri });
      expectNoCode(after);
      await expectNobodySignedIn();
    });

    it('whose password is being verified meanwhile is dead on arrival', async () => {
      const late = await heldAt('realmGeneration');

      expectNoCode(late);
      await expectNobodySignedIn();
    });

    it('that is about to get its code is dead on arrival', async () => {
      const late = await heldAt('join');

      expectNoCode(late);
      await expectNobodySignedIn();
    });

    it('that has its code, kept with its session, is dead: its code too, and its app is told', async () => {
      const { mail } = world.apps;
      const late = await heldAt('join', holdAnswer);

      await expect(mail.finish(late.location ?? '')).rejects.toThrow(/invalid_grant|login_required/);
      await mail.waitForTokens(1);
      await expectNobodySignedIn();
    });

    it('whose page was opened before and sent after begins a whole new session', async () => {
      const { mail } = world.apps;
      const page = await phone.get(mail.authorizationUrl());
      await signOffEverywhere();

      const back = await phone.submit(page, credentials(), { stopAt: mail.redirectUri });
      const begun = await mail.finish(back.location ?? '');
      expect((await refresh(mail, begun)).status).toBe(200);
      expect(mail.received).toEqual([]);
    });

    /** The sign-in's last answer, when everything ends while it waits for this call of the store. */
    async function heldAt(call: 'realmGeneration' | 'ofDevice' | 'join', hold = holdCall): Promise<Page> {
      const { mail } = world.apps;
      const page = await phone.get(mail.authorizationUrl());
      const gate = hold(world.store.sessions, call);
      const late = phone.submit(page, credentials(), { stopAt: mail.redirectUri });
      await gate.reached;
      await signOffEverywhere();
      gate.open();
      return late;
    }

    async function signOffEverywhere(): Promise<void> {
      const page = await browser.get(world.apps.wiki.endSessionUrl());
      await browser.submit(page, { scope: 'all-everywhere', decision: 'sign-out' });
    }

    async function expectNobodySignedIn(): Promise<void> {
      const { wiki, mail } = world.apps;
      expect([await isSignedIn(phone, mail), await isSignedIn(browser, wiki)]).toEqual([false, false]);
      const accountId = await world.accountId('alice');
      const live = await world.store.sessions.list({ accountId, state: 'live' }, { limit: 9 });
      const arriving = await world.store.sessions.list({ accountId, state: 'arriving' }, { limit: 9 });
      expect([...live, ...arriving]).toEqual([]);
    }
  });
});

/** The first session has ended once, of exactly these apps, and nobody is signed in by its cookies. */
async function expectOver(clientIds: readonly string[]): Promise<void> {
  const { wiki, mail } = world.apps;
  const view = await sessionOf(tokens);
  expect(view?.session.state).toBe('ended');
  expect(view?.participations.map((one) => one.clientId).sort()).toEqual(clientIds);
  const deliveries = await world.store.deliveries.list({}, { limit: 9 });
  expect(deliveries.map((one) => one.sid).sort()).toEqual(view?.participations.map((one) => one.sid).sort());
  expect([await isSignedIn(browser, wiki), await isSignedIn(browser, mail)]).toEqual([false, false]);
  expect((await refresh(wiki, tokens)).json).toMatchObject({ error: 'invalid_grant' });
}

async function sessionOf({ claims }: Tokens) {
  const participation = await world.store.sessions.participation(claims.sid);
  return world.store.sessions.get(participation?.sessionUid ?? '');
}

function credentials() {
  return { username: 'alice', password: world.password };
}

function answerOf(page: Page): URLSearchParams {
  return new URL(page.location ?? '').searchParams;
}

/** Whatever the person sees, the app gets no code. */
function expectNoCode(page: Page): void {
  expect(page.status).toBeLessThan(500);
  expect(new URL(page.location ?? page.url).searchParams.get('code')).toBeNull();
}

function isModel(model: string): (write: ArtifactWrite) => boolean {
  return (write) => write.model === model;
}
