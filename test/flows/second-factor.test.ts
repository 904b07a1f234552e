import { afterEach, describe, expect, it } from '@jest/globals';
import { apiClient, aTokenFor } from '../support/api.ts';
import { codeOf, keyOn, recoveryCodesOn } from '../support/authenticator-app.ts';
import { type Browser, createBrowser, type Page } from '../support/browser.ts';
import { describeFlows, startWorld, type World, type WorldOptions } from '../support/product.ts';

interface Enrolled {
  readonly key: string;
  /** The one it was added by. */
  readonly code: string;
  readonly codes: readonly string[];
  /** Where the browser went on to. */
  readonly callback: string;
}

function claimsIn(idToken: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString());
}

describeFlows('a second factor', () => {
  let world: World<'wiki'>;
  afterEach(() => world.stop());

  async function start(settings: WorldOptions<'wiki'>['settings'] = {}): Promise<void> {
    world = await startWorld({ apps: { wiki: {} }, settings: { SIGNOFF_SECOND_FACTOR: 'require', ...settings } });
  }

  /** As far as the page after the password. */
  async function password(browser: Browser, parameters: Record<string, string> = {}): Promise<Page> {
    const { wiki } = world.apps;
    const page = await browser.get(wiki.authorizationUrl(parameters), { stopAt: wiki.redirectUri });
    return browser.submit(page, { username: 'alice', password: world.password }, { stopAt: wiki.redirectUri });
  }

  const answer = (browser: Browser, page: Page, fields: Record<string, string>) => {
    const form = page.forms.find(({ fields: there }) => 'code' in there);
    return browser.post(form?.action ?? '', { ...form?.fields, ...fields }, { stopAt: world.apps.wiki.redirectUri });
  };

  async function enrol(browser: Browser): Promise<Enrolled> {
    const page = await password(browser);
    const key = keyOn(page);
    const code = codeOf(key);
    const shown = await answer(browser, page, { code, name: 'Phone' });
    const codes = recoveryCodesOn(shown);
    const { location: callback = '' } = await browser.submit(shown, {}, { stopAt: world.apps.wiki.redirectUri });
    return { key, code, codes, callback };
  }

  describe('where one is required', () => {
    it('is added on the way in, with ten recovery codes that are shown once; the app hears of it', async () => {
      await start();
      const browser = createBrowser();
      const { codes, callback } = await enrol(browser);
      expect([codes.length, new Set(codes).size]).toEqual([10, 10]);
      const { idToken } = await world.apps.wiki.finish(callback);
      expect(claimsIn(idToken)).toMatchObject({ acr: 'urn:signoff:two-factor', amr: ['pwd', 'otp', 'mfa'] });
      const id = await world.accountId('alice');
      const kept = await world.store.credentials.ofAccount(id);
      expect(kept).toMatchObject({ list: [{ kind: 'totp', name: 'Phone' }], recoveryCodes: 10 });
      await expect(world.store.activity.list(id, { kind: 'credential' }, 10)).resolves.toMatchObject([
        { detail: { change: 'added', kind: 'totp', name: 'Phone' } },
      ]);
    });

    it('is not added by a wrong code, nor by the ticket of another account', async () => {
      await start();
      const browser = createBrowser();
      const page = await password(browser);
      const again = await answer(browser, page, { code: '000000', name: 'Phone' });
      expect([again.status, again.body.includes('not the code of this key')]).toEqual([401, true]);
      const key = keyOn(page);
      const mallory = createBrowser();
      const { wiki } = world.apps;
      const hers = await mallory.get(wiki.authorizationUrl());
      const theirs = await mallory.submit(hers, { username: 'bob', password: world.password });
      const ticket = page.forms.find(({ fields }) => 'ticket' in fields)?.fields['ticket'] ?? '';
      expect((await answer(mallory, theirs, { code: codeOf(key), ticket })).status).toBe(401);
      expect((await world.store.credentials.ofAccount(await world.accountId('bob'))).list).toEqual([]);
    });
  });

  describe('at the next sign-in', () => {
    it('the password alone opens no session', async () => {
      await start();
      await enrol(createBrowser());
      const browser = createBrowser();
      const page = await password(browser);
      expect([page.status, page.body.includes('Confirm that it is you')]).toEqual([200, true]);
      expect((await browser.get(world.issuer)).body).toContain('You are not signed in');
      expect((await password(createBrowser(), { prompt: 'login' })).body).toContain('Confirm that it is you');
    });

    it('a code is good once, a later one too, an earlier one never', async () => {
      await start();
      const { key, code } = await enrol(createBrowser());
      const browser = createBrowser();
      const page = await password(browser);
      expect((await answer(browser, page, { code })).status).toBe(401);
      const later = codeOf(key, 1);
      expect((await answer(browser, page, { code: later })).location).toContain('/callback');
      const other = createBrowser();
      for (const spent of [later, code]) {
        expect((await answer(other, await password(other), { code: spent })).status).toBe(401);
      }
    });

    it('a recovery code is good once, however it is typed', async () => {
      await start();
      const { codes } = await enrol(createBrowser());
      const typed = (codes[3] ?? '').replaceAll('-', ' ').toUpperCase();
      const sign = async () => {
        const browser = createBrowser();
        return answer(browser, await password(browser), { code: typed });
      };
      expect([(await sign()).location !== undefined, (await sign()).status]).toEqual([true, 401]);
      expect((await world.store.credentials.ofAccount(await world.accountId('alice'))).recoveryCodes).toBe(9);
    });

    it('wrong codes are braked at the account, from wherever they come', async () => {
      await start({ SIGNOFF_SIGNIN_LIMIT: '3/15m' });
      const { key } = await enrol(createBrowser());
      const browser = createBrowser();
      const page = await password(browser);
      for (let tries = 0; tries < 3; tries++) await answer(browser, page, { code: '000000' });
      const limited = await answer(browser, page, { code: codeOf(key, 1) });
      expect([limited.status, Number(limited.headers['retry-after']) > 600]).toEqual([429, true]);
    });

    it('an "everywhere" in between leaves it dead on arrival', async () => {
      await start();
      const { key } = await enrol(createBrowser());
      const browser = createBrowser();
      const page = await password(browser);
      const accountId = await world.accountId('alice');
      await world.server.endSessions(
        { kind: 'account', accountId },
        { reason: 'user', actor: { kind: 'user', id: accountId }, scope: 'all-everywhere' },
      );
      await answer(browser, page, { code: codeOf(key, 1) });
      expect((await browser.get(world.issuer)).body).toContain('You are not signed in');
    });

    it('another account may be used instead', async () => {
      await start();
      await enrol(createBrowser());
      const browser = createBrowser();
      const page = await password(browser);
      const form = page.forms.at(-1);
      const back = await browser.post(form?.action ?? '', { ...form?.fields, decision: 'other' });
      expect(back.body).toContain('name="username"');
    });
  });

  it('acr_values ask for it in a session that began before it was there, and only where it can be had', async () => {
    await start({ SIGNOFF_SECOND_FACTOR: 'offer' });
    const { wiki } = world.apps;
    const browser = createBrowser();
    const { idToken } = await wiki.signIn(browser, { parameters: { acr_values: 'urn:signoff:two-factor' } });
    expect(claimsIn(idToken)).toMatchObject({ acr: 'urn:signoff:password', amr: ['pwd'] });
    const essential = JSON.stringify({ id_token: { acr: { essential: true, value: 'urn:signoff:two-factor' } } });
    const refused = await browser.get(wiki.authorizationUrl({ claims: essential }), { stopAt: wiki.redirectUri });
    expect(refused.location).toContain('error=unmet_authentication_requirements');
    const discovery = JSON.parse((await browser.get(`${world.issuer}/.well-known/openid-configuration`)).body);
    expect(discovery.acr_values_supported).toEqual([
      'urn:signoff:password',
      'urn:signoff:two-factor',
      'urn:signoff:passkey',
    ]);
  });

  it('is not asked for where it is switched off', async () => {
    await start({ SIGNOFF_SECOND_FACTOR: 'off' });
    const browser = createBrowser();
    const page = await browser.get(world.apps.wiki.authorizationUrl());
    expect(page.body).not.toContain('passkey');
    await expect(world.apps.wiki.signIn(browser)).resolves.toHaveProperty('idToken');
  });

  it('an operator takes it away, and every session with it; its owner reads who did it', async () => {
    await start();
    const browser = createBrowser();
    const { callback } = await enrol(browser);
    await world.apps.wiki.finish(callback);
    const accountId = await world.accountId('alice');
    const token = await aTokenFor(world.store, await world.accountId('bob'), 'operator');
    const reset = await apiClient(world.issuer, token)('/accounts/alice/reset-factors', { body: {} });
    expect([reset.status, reset.json.sessions_ended]).toEqual([200, 1]);
    await world.apps.wiki.waitForTokens(1);
    expect(await world.store.credentials.ofAccount(accountId)).toEqual({ list: [], recoveryCodes: 0 });
    expect((await browser.get(world.issuer)).body).toContain('You are not signed in');
    const told = await world.store.activity.list(accountId, {}, 20);
    expect(told.filter(({ kind }) => kind === 'credential' || kind === 'password')).toEqual([
      expect.objectContaining({ kind: 'credential', actor: 'operator', detail: { change: 'reset' } }),
      expect.objectContaining({
        kind: 'credential',
        actor: 'user',
        detail: expect.objectContaining({ change: 'added' }),
      }),
    ]);
  });
});
